import JOSE

/// One thing that is wrong with a client's metadata.
public struct ClientMetadataFault: Sendable, Hashable {
    /// The member it concerns.
    public let member: String
    /// What is wrong, in a few words without values.
    public let reason: String

    /// The code that RFC 7591 §3.2.2 has for it.
    public var code: OAuthError.Code {
        member == "redirect_uris" ? .invalidRedirectURI : .invalidClientMetadata
    }
}

/// Everything that is wrong with a client's metadata, told at once.
public struct ClientMetadataFaults: Error, Sendable, Hashable {
    public let faults: [ClientMetadataFault]

    /// The answer of a registration endpoint.
    public var error: OAuthError {
        OAuthError(
            faults.first?.code ?? .invalidClientMetadata,
            faults.map { "\($0.member): \($0.reason)" }.joined(separator: "; "))
    }
}

/// Reads members of a metadata document, and gathers what is wrong with them.
struct MetadataReader {
    static let listLimit = 32
    static let textByteLimit = 2_048

    let object: JSONObject
    private(set) var faults: [ClientMetadataFault] = []

    init(_ object: JSONObject) { self.object = object }

    mutating func blame(_ member: String, _ reason: String) {
        faults.append(ClientMetadataFault(member: member, reason: reason))
    }

    mutating func text(_ name: String, limit: Int = textByteLimit) -> String? {
        guard let value = object[name], value != .null else { return nil }
        guard let text = value.text, !text.isEmpty, text.utf8.count <= limit,
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else {
            blame(name, "is not a text, or too long")
            return nil
        }
        return text
    }

    mutating func flag(_ name: String) -> Bool? {
        guard let value = object[name], value != .null else { return nil }
        guard let flag = value.bool else {
            blame(name, "is neither true nor false")
            return nil
        }
        return flag
    }

    mutating func texts(_ name: String) -> [String]? {
        guard let value = object[name], value != .null else { return nil }
        guard let texts = value.texts, texts.count <= Self.listLimit,
            texts.allSatisfy({ !$0.isEmpty && $0.utf8.count <= Self.textByteLimit })
        else {
            blame(name, "is not a list of texts, or too long")
            return nil
        }
        return texts
    }

    /// A word of a closed vocabulary.
    mutating func word<Word: RawRepresentable<String>>(_ name: String, as type: Word.Type = Word.self) -> Word? {
        guard let text = text(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            blame(name, "is not supported")
            return nil
        }
        return word
    }

    /// An address that the server or a browser will call: `https`, without user information or fragment.
    mutating func secureAddress(_ name: String, allowingLoopback: Bool = false) -> String? {
        guard let text = text(name) else { return nil }
        guard let address = WebAddress(text), address.fragment == nil,
            address.isSecure || allowingLoopback && address.isScheme("http") && address.isLoopbackLiteral
        else {
            blame(name, "has to be an https address without a fragment")
            return nil
        }
        return text
    }

    mutating func scopes(_ name: String) -> ScopeSet? {
        guard let text = text(name) else { return nil }
        guard let scope = ScopeSet(text) else {
            blame(name, "is not a list of scopes")
            return nil
        }
        return scope
    }

    mutating func seconds(_ name: String) -> Int64? {
        guard let value = object[name], value != .null else { return nil }
        guard let seconds = value.integer, (0...315_360_000).contains(seconds) else {
            blame(name, "is not a number of seconds")
            return nil
        }
        return seconds
    }
}
