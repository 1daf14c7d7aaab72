import CXMLSec

/// Looking at libxml2's nodes.
enum XMLNodes {
    /// Whether a node is this element.
    static func isElement(_ node: xmlNodePtr, _ namespace: String, _ local: String) -> Bool {
        guard node.pointee.type == XML_ELEMENT_NODE, xmlStrcmp(node.pointee.name, local) == 0 else { return false }
        guard let own = node.pointee.ns?.pointee.href else { return namespace.isEmpty }
        return xmlStrcmp(own, namespace) == 0
    }

    /// The elements directly inside.
    static func elements(of node: xmlNodePtr) -> [xmlNodePtr] {
        var found: [xmlNodePtr] = []
        var child = node.pointee.children
        while let current = child {
            if current.pointee.type == XML_ELEMENT_NODE { found.append(current) }
            child = current.pointee.next
        }
        return found
    }

    /// The elements of this name directly inside.
    static func elements(of node: xmlNodePtr, _ namespace: String, _ local: String) -> [xmlNodePtr] {
        elements(of: node).filter { isElement($0, namespace, local) }
    }

    /// The attribute of this name in no namespace.
    static func attribute(_ node: xmlNodePtr, _ local: String) -> UnsafeMutablePointer<xmlAttr>? {
        var attribute = node.pointee.properties
        while let current = attribute {
            if current.pointee.ns == nil, xmlStrcmp(current.pointee.name, local) == 0 { return current }
            attribute = current.pointee.next
        }
        return nil
    }

    /// The value of an attribute in no namespace.
    static func value(_ node: xmlNodePtr, _ local: String) -> String? { attribute(node, local).map(value) }

    static func value(of attribute: UnsafeMutablePointer<xmlAttr>) -> String {
        var text = ""
        var child = attribute.pointee.children
        while let current = child {
            if let content = current.pointee.content { text += String(cString: content) }
            child = current.pointee.next
        }
        return text
    }

    /// Whether nothing but text is inside, and the text.
    static func textOnly(_ node: xmlNodePtr) -> String? {
        var text = ""
        var child = node.pointee.children
        while let current = child {
            guard current.pointee.type == XML_TEXT_NODE else { return nil }
            if let content = current.pointee.content { text += String(cString: content) }
            child = current.pointee.next
        }
        return text
    }

    /// Whether there is a scheme and nothing that RFC 3986 does not have in an address.
    static func isAbsoluteURI(_ text: UnsafePointer<UInt8>) -> Bool {
        var index = 0
        guard isLetter(text[0]) else { return false }
        while text[index] != UInt8(ascii: ":") {
            let byte = text[index]
            guard isLetter(byte) || (0x30...0x39).contains(byte) || byte == 0x2B || byte == 0x2D || byte == 0x2E else {
                return false
            }
            index += 1
        }
        while text[index] != 0 {
            let byte = text[index]
            guard byte > 0x20, byte < 0x7F, !refused.contains(byte) else { return false }
            index += 1
        }
        return true
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    private static let refused = Array("\"<>\\^`{|}".utf8)
}
