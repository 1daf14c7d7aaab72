import Glibc
import Vocabulary

/// The operating system's name resolution. It blocks, so it is called on fetch threads only.
public enum SystemResolver {
    /// All addresses of a name, without duplicates, in the system's order of preference; empty when there is none.
    @Sendable
    public static func addresses(of host: String) throws -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let socketAddress = entry.ai_addr, let address = IPAddress(socketAddress), !found.contains(address) {
                found.append(address)
            }
            next = entry.ai_next
        }
        return found
    }
}

extension IPAddress {
    /// Reads a socket address of the IPv4 or IPv6 family; nil for any other.
    init?(_ pointer: UnsafePointer<sockaddr>) {
        switch Int32(pointer.pointee.sa_family) {
        case AF_INET:
            let value = UnsafeRawPointer(pointer).loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr
            self = .v4(UInt32(bigEndian: value))
        case AF_INET6:
            let value = UnsafeRawPointer(pointer).loadUnaligned(as: sockaddr_in6.self).sin6_addr
            self.init(bytes: withUnsafeBytes(of: value) { Array($0) })
        default:
            return nil
        }
    }
}
