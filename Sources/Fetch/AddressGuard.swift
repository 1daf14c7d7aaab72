import Vocabulary

/// Decides whether a host's addresses may be spoken to: the defence against server-side request forgery.
struct AddressGuard: Sendable {
    let allowedNetworks: [CIDR]
    let plainHTTP: FetchConfiguration.PlainHTTP

    /// At most this many addresses of one name are considered.
    static let addressLimit = 16

    /// Returns the addresses to pin. One forbidden address among several refuses the name: an answer that mixes public
    /// and internal addresses is how rebinding begins.
    func approve(_ addresses: [IPAddress], host: String, isTLS: Bool) throws -> [IPAddress] {
        guard !addresses.isEmpty else { throw Fault.fetchUnresolved(host) }
        for address in addresses {
            guard let purpose = address.specialPurpose else { continue }
            guard allowedNetworks.contains(where: { $0.contains(address) }) else {
                throw Fault.fetchForbidden(host, address, purpose)
            }
        }
        if !isTLS {
            guard plainHTTP == .loopbackOnly, addresses.allSatisfy(\.isLoopback) else {
                throw Fault.fetchInvalid("Only https URLs are fetched; plain http needs leave and a loopback address.")
            }
        }
        return Array(addresses.prefix(Self.addressLimit))
    }
}
