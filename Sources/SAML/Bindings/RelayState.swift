/// What goes along with a message and comes back as it was (SAML Bindings §3.4.3): of ours an opaque handle, of others
/// octets that are carried and never followed.
public struct RelayState: Sendable, Hashable {
    /// §3.4.3: 80 octets.
    public static let byteLimit = 80

    public let text: String

    /// Nil for one that is empty, longer than 80 octets, or holds control characters.
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.byteLimit,
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { return nil }
        self.text = text
    }

    /// What came along with a message; an empty one is none.
    static func read(_ text: String?) throws(MessageFault) -> RelayState? {
        guard let text, !text.isEmpty else { return nil }
        guard let state = RelayState(text) else {
            throw MessageFault(.binding, "RelayState is longer than \(byteLimit) octets, or holds control characters")
        }
        return state
    }
}

/// Which way a message goes, by the parameter that carries it.
public enum MessageKind: String, Sendable, Hashable, CaseIterable {
    case request = "SAMLRequest"
    case response = "SAMLResponse"
}
