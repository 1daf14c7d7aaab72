import Glibc

/// Networks and addresses as claims have them.
enum Network {
    /// What is wrong with a network in CIDR notation; nil when nothing is.
    static func fault(_ text: String, _ place: String) -> NATSFault? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let wrong = NATSFault(
            .invalidNetwork, place, "has \(quoted(text))", "Write an address and a length, such as 10.0.0.0/8.")
        guard parts.count == 2, let width = width(parts[0]) else { return wrong }
        guard let length = Int(parts[1]), String(length) == parts[1], (0...width).contains(length) else { return wrong }
        return nil
    }

    /// Bits of an address, or nil for what is none.
    private static func width(_ address: String) -> Int? {
        // Nothing but what addresses are written in: the library stops at a zero byte.
        guard address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "%") }) else { return nil }
        var storage = in6_addr()
        if inet_pton(AF_INET, address, &storage) == 1 { return 32 }
        return inet_pton(AF_INET6, address, &storage) == 1 ? 128 : nil
    }
}

/// An address such as `nats://host:4222`, as far as claims ask about it.
struct ServiceAddress {
    let scheme: String
    let authority: Substring
    let rest: Substring

    /// Nil without a scheme, or with a space or a control character.
    init?(_ text: String) {
        guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F && !$0.properties.isWhitespace }),
            let colon = text.firstIndex(of: ":"), colon > text.startIndex,
            text[..<colon].utf8.allSatisfy(Self.isSchemeByte)
        else { return nil }
        scheme = text[..<colon].lowercased()
        var behind = text[text.index(after: colon)...]
        guard behind.hasPrefix("//") else {
            authority = ""
            rest = behind
            return
        }
        behind = behind.dropFirst(2)
        let end = behind.firstIndex { "/?#".contains($0) } ?? behind.endIndex
        authority = behind[..<end]
        rest = behind[end...]
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
            || "+-.".utf8.contains(byte)
    }

    /// What is wrong with the address of a server: another scheme, a user, a path.
    static func serverFault(_ text: String, _ place: String) -> NATSFault? {
        guard let address = ServiceAddress(text), ["nats", "tls", "ws", "wss"].contains(address.scheme),
            !address.authority.isEmpty, !address.authority.contains("@"), address.rest.isEmpty
        else {
            return NATSFault(
                .invalidAddress, place, "has \(quoted(text))",
                "Write nats://, tls://, ws:// or wss:// and a host: no user, no path.")
        }
        return nil
    }

    /// What is wrong with an address that only has to have a scheme, and a host where `needsHost` says so.
    static func fault(_ text: String, _ place: String, needsHost: Bool) -> NATSFault? {
        guard text.utf8.count <= infoByteLimit, let address = ServiceAddress(text),
            !needsHost || !address.authority.isEmpty
        else {
            return NATSFault(.invalidAddress, place, "has \(quoted(text))", "Write an address with its scheme.")
        }
        return nil
    }

    /// Longest description and address of one, in bytes.
    static let infoByteLimit = 8 * 1_024
}
