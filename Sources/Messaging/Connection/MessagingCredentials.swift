import JOSE
import NKeys
import Vocabulary

/// What a client shows to a server. No description of it says anything.
public struct MessagingCredentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    enum Kind: Sendable {
        case none
        case token(String)
        case password(user: String, SecretText)
        case user(jwt: String, NKeyPair)
    }

    let kind: Kind

    private init(_ kind: Kind) { self.kind = kind }

    /// Nothing: the server lets everybody in, or knows us by our certificate.
    public static let none = MessagingCredentials(.none)

    /// The name and password of a user. The library keeps a copy until the connection ends, which it does not wipe.
    public static func password(user: String, _ password: SecretText) -> MessagingCredentials {
        MessagingCredentials(.password(user: user, password))
    }

    /// A token that the server is configured with. The library keeps a copy until the connection ends, which it does not wipe.
    public static func token(_ token: SecretText) -> MessagingCredentials {
        MessagingCredentials(.token(token.reveal()))
    }

    /// A user's token (JWT) and the seed that belongs to it. The token is not looked into: the server judges it. The seed
    /// stays here; the library is given signatures.
    ///
    /// - Throws: `NATSFault` for a seed that is none of a user's.
    public static func user(jwt: String, seed: SecretOctets) throws -> MessagingCredentials {
        guard !jwt.isEmpty, jwt.utf8.count <= NATSToken.textLimit, jwt.utf8.allSatisfy(isTokenByte) else {
            throw MessagingError.invalidConfiguration("the user's token is no token")
        }
        return MessagingCredentials(.user(jwt: jwt, try NKeyPair(seed: seed, .user)))
    }

    /// The contents of a credentials file.
    public static func user(_ credentials: Credentials) -> MessagingCredentials {
        MessagingCredentials(.user(jwt: credentials.token.text, credentials.pair))
    }

    /// Whether what is shown could be used by whoever hears it.
    var needsSecrecy: Bool {
        switch kind {
        case .none, .user: false
        case .token, .password: true
        }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    public var description: String { "‹credentials›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
