/// The value of a `Content-Type` header (RFC 9110 §8.3).
enum MediaType {
    /// Type and subtype in lower case, without parameters; empty where there are none.
    static func essence(_ header: String) -> String {
        // As almost everybody sends it.
        let isPlain = header.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2F || $0 == 0x2D }
        if isPlain { return header }
        return header.split(separator: ";").first.map { $0.trimmingSpaces().lowercased() } ?? ""
    }
}
