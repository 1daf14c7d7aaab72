import Vocabulary

/// Whose forwarded headers are believed. Empty by default, and then nobody's are.
public struct TrustedProxies: Sendable, Equatable {
    public static let limit = 256

    private let networks: [CIDR]

    /// Trusts nobody.
    public init() { networks = [] }

    /// - Throws: `Fault` `forward_auth.trusted_proxies`: an entry that is no network, one that means everybody
    ///   (`0.0.0.0/0`, `::/0`: CVE-2026-76835), or more than `limit`.
    public init(_ entries: [String]) throws {
        guard entries.count <= Self.limit else { throw Self.fault("There are more than \(Self.limit) networks.") }
        networks = try entries.map { entry in
            guard let network = CIDR(entry) else { throw Self.fault("\(entry) is not an address or a network.") }
            guard network.prefixLength > 0 else { throw Self.fault("\(entry) would trust everybody.") }
            return network
        }
    }

    /// A peer without an address (unix-domain socket) is not trusted by an address list.
    public func contains(_ peer: IPAddress?) -> Bool {
        guard let peer else { return false }
        return networks.contains { $0.contains(peer) }
    }

    private static func fault(_ message: String) -> Fault {
        Fault(
            "forward_auth.trusted_proxies", .ourselves, message,
            remedy: "List the addresses or networks (CIDR) of your reverse proxies.")
    }
}
