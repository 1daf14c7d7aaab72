import Foundation

/// An IP address in its one binary form: `::1` and `0:0::1` are equal, and so are an IPv4 address and its IPv4-mapped
/// IPv6 form, which is how a dual-stack listener sees it.
struct PeerAddress: Hashable, Sendable {
    let bytes: [UInt8]

    init?(_ text: String) {
        guard text.utf8.count <= 64 else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let all = withUnsafeBytes(of: &six) { Array($0) }
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        bytes = all.starts(with: mapped) ? Array(all.dropFirst(12)) : all
    }

    var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
}
