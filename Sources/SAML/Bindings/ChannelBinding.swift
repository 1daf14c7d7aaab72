/// A channel by its kind and what is peculiar to it (RFC 5929), as SAML V2.0 Channel Binding Extensions carry it
/// (`cb:ChannelBindings`): the channel between a client and a service provider, which each of the two describes to the
/// identity provider.
public struct ChannelBinding: Sendable, Hashable, Codable {
    /// `tls-server-end-point`, for example.
    public let kind: String
    public let octets: [UInt8]

    /// A channel by its kind and what is peculiar to it.
    public init(kind: String, octets: [UInt8]) {
        self.kind = kind
        self.octets = octets
    }

    /// To the letter.
    public static func == (left: ChannelBinding, right: ChannelBinding) -> Bool {
        Exact.same(left.kind, right.kind) && left.octets == right.octets
    }

    /// What a service provider asked for that the client says too. Of two ends that describe different channels somebody
    /// stands in between.
    public static func agreed(_ asked: [ChannelBinding], _ shown: [ChannelBinding]) -> [ChannelBinding] {
        asked.filter(shown.contains)
    }

    static let elementName = XMLName(XMLNamespace.channelBinding, "ChannelBindings")

    /// How many of them one place may hold, and octets of each.
    static let limit = (count: 16, octets: 1_024)

    var element: XMLElement { Markup.text(Self.elementName, SAMLBase64.encode(octets), ["Type": kind]) }

    /// Those among header blocks or extensions; others are gone by.
    ///
    /// - Throws: `malformed` for one that cannot be read: whoever bound the message to a channel does not mean it to go on
    ///   without.
    static func read(among elements: [XMLElement]) throws(MessageFault) -> [ChannelBinding] {
        let found = elements.filter { $0.name == elementName }
        guard found.count <= limit.count else {
            throw MessageFault(.malformed, "ChannelBindings: there are more than \(limit.count)")
        }
        return try found.map { element throws(MessageFault) in
            guard let kind = element.attribute("Type"), !kind.isEmpty, !element.holdsElements,
                let octets = SAMLBase64.decode(element.text), !octets.isEmpty, octets.count <= limit.octets
            else {
                throw MessageFault(
                    .malformed, "ChannelBindings: has no Type, is not Base64, or has not 1 to \(limit.octets) octets")
            }
            return ChannelBinding(kind: kind, octets: octets)
        }
    }
}
