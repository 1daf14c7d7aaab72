import HTTPTypes

/// The person a trusted reverse proxy vouches for, after the gateway answered it.
public struct ForwardedIdentity: Sendable, Equatable {
    public let user: String
    public let name: String
    public let mail: String
    public let roles: [String]

    public init(user: String, name: String = "", mail: String = "", roles: [String] = []) {
        self.user = user
        self.name = name
        self.mail = mail
        self.roles = roles
    }
}

/// Reads identity headers, and believes them from listed peers only.
public struct ForwardedIdentityReader: Sendable {
    /// How the headers are called.
    public struct Names: Sendable {
        public var user: HTTPField.Name
        public var name: HTTPField.Name
        public var mail: HTTPField.Name
        public var roles: HTTPField.Name

        public init(user: HTTPField.Name, name: HTTPField.Name, mail: HTTPField.Name, roles: HTTPField.Name) {
            self.user = user
            self.name = name
            self.mail = mail
            self.roles = roles
        }

        /// `X-Gatehouse-User`, `-Name`, `-Mail` and `-Roles`.
        public static let standard = Names(
            user: HTTPField.Name("X-Gatehouse-User")!, name: HTTPField.Name("X-Gatehouse-Name")!,
            mail: HTTPField.Name("X-Gatehouse-Mail")!, roles: HTTPField.Name("X-Gatehouse-Roles")!)
    }

    /// Bytes of one header at most; a longer one fails the whole identity.
    public static let valueLimit = 4_096
    /// Trusted peers at most.
    public static let peerLimit = 256

    private let trusted: Set<PeerAddress>
    private let names: Names

    /// - Parameter trustedPeers: the proxies' addresses, IPv4 or IPv6, without prefix or port. Networks are not taken:
    ///   whoever is listed here can name anybody.
    /// - Throws: `GatehouseError` `configuration.trusted_peers` for what is no address, or too many of them.
    public init(trustedPeers: [String], names: Names = .standard) throws(GatehouseError) {
        guard trustedPeers.count <= Self.peerLimit else {
            throw GatehouseError("configuration.trusted_peers", "There are more than \(Self.peerLimit) addresses.")
        }
        var trusted: Set<PeerAddress> = []
        for text in trustedPeers {
            guard let address = PeerAddress(text), !address.isUnspecified else {
                throw GatehouseError("configuration.trusted_peers", "\(text) is not the address of a proxy.")
            }
            trusted.insert(address)
        }
        self.trusted = trusted
        self.names = names
    }

    /// Who the proxy says is asking; nil means nobody: an untrusted peer, no user, or headers that are not whole.
    ///
    /// - Parameter peer: the address of the connection's other end, never one from a header.
    public func identity(in headers: HTTPFields, peer: String?) -> ForwardedIdentity? {
        guard let peer, let address = PeerAddress(peer), trusted.contains(address) else { return nil }
        guard let user = one(names.user, headers), !user.isEmpty, let user = Self.decoded(user),
            let name = one(names.name, headers).flatMap({ Self.decoded($0) }),
            let mail = one(names.mail, headers).flatMap({ Self.decoded($0) }), let list = one(names.roles, headers)
        else { return nil }
        // The separator stands between encoded names: a comma inside one is `%2C`.
        let roles = list.split(separator: ",").map { Self.decoded(String($0)) }
        guard !roles.contains(nil) else { return nil }
        return ForwardedIdentity(user: user, name: name, mail: mail, roles: roles.compactMap { $0 })
    }

    /// The only value; empty where there is none, nil where there are two: then one of them came past the proxy.
    private func one(_ name: HTTPField.Name, _ headers: HTTPFields) -> String? {
        let values = headers[values: name]
        guard values.count <= 1 else { return nil }
        let value = values.first ?? ""
        return value.utf8.count <= Self.valueLimit ? value : nil
    }

    /// Percent-encoded UTF-8 (as RFC 8187 §3.2 encodes it) to text; nil for a broken escape, no UTF-8 or a control.
    static func decoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hex), let low = rest.popFirst().flatMap(hex) else { return nil }
            bytes.append(high << 4 | low)
        }
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
