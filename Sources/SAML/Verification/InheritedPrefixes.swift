import CXMLSec

/// Prefixes that a decrypted element was left without, for the legacy policy.
enum InheritedPrefixes {
    /// The element's bytes with those prefixes declared that are known where it was encrypted, and that its own start tag
    /// does not declare. Exclusive canonicalization writes a prefix where it is used, so that signatures hold or do not as
    /// before.
    static func adding(to bytes: [UInt8], from node: xmlNodePtr) -> [UInt8] {
        let limit = bytes.firstIndex(of: UInt8(ascii: ">")) ?? bytes.endIndex
        let head = bytes[..<limit]
        guard head.first == UInt8(ascii: "<"),
            let place = head.firstIndex(where: { $0 <= 0x20 || $0 == UInt8(ascii: "/") })
        else { return bytes }
        let tag = String(decoding: head, as: UTF8.self)
        let missing = declarations(of: node).filter { !tag.contains("xmlns:\($0.prefix)=") }
        let text = missing.map { " xmlns:\($0.prefix)=\"\($0.name)\"" }.joined()
        return bytes[..<place] + Array(text.utf8) + bytes[place...]
    }

    /// Names were found to be addresses when the document was read, so that nothing in them ends a value.
    private static func declarations(of node: xmlNodePtr) -> [(prefix: String, name: String)] {
        guard let list = xmlGetNsList(node.pointee.doc, node) else { return [] }
        defer { gw_xml_free(list) }
        var found: [(String, String)] = []
        var index = 0
        while let namespace = list[index] {
            if let prefix = namespace.pointee.prefix, let href = namespace.pointee.href {
                found.append((String(cString: prefix), String(cString: href)))
            }
            index += 1
        }
        return found
    }
}
