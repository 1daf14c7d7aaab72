import CXMLSec

/// Reads documents under profile P: UTF-8, no document type, no entities, no processing instructions, no relative
/// namespaces, bounded in length, depth, nodes and attributes before a parser sees them; anything malformed is refused.
public enum XMLReader {
    /// The document's root element.
    ///
    /// Blocks for as long as parsing takes (milliseconds for a message): for threads of `SAMLExecutor`.
    ///
    /// - Throws: `SAMLError`: `LIMIT`, `ENCODING`, `XML_DTD`, `XML_MALFORMED`, `DUP_ID`, `ATTR_POLLUTION`, `SIG_STRUCT`.
    public static func parse(_ bytes: [UInt8], limits: XMLLimits = .message) throws -> XMLElement {
        let document = try XMLDocument.parse(bytes, limits)
        var builder = XMLTreeBuilder()
        return builder.element(document.root)
    }
}

/// Makes values of libxml2's nodes. Depth is bounded by the limits that the document was read under.
struct XMLTreeBuilder {
    /// Names of namespaces by where the library keeps them.
    private var known: [UnsafeRawPointer: String] = [:]
    private var last: (pointer: UnsafeRawPointer, name: String)?

    /// The element as a value; `omitting` leaves elements directly inside it out.
    mutating func element(_ node: xmlNodePtr, omitting: ((xmlNodePtr) -> Bool)? = nil) -> XMLElement {
        var element = XMLElement(name(node.pointee.name, node.pointee.ns))
        var attribute = node.pointee.properties
        while let current = attribute {
            element.attributes.append(
                XMLAttribute(name(current.pointee.name, current.pointee.ns), XMLNodes.value(of: current)))
            attribute = current.pointee.next
        }
        var text = ""
        var child = node.pointee.children
        while let current = child {
            switch current.pointee.type {
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE:
                if let content = current.pointee.content { text += String(cString: content) }
            case XML_ELEMENT_NODE where omitting?(current) != true:
                if !text.isEmpty { element.children.append(.text(text)) }
                text = ""
                element.children.append(.element(self.element(current)))
            default: break
            }
            child = current.pointee.next
        }
        if !text.isEmpty { element.children.append(.text(text)) }
        return element
    }

    private mutating func name(_ local: UnsafePointer<UInt8>?, _ namespace: UnsafeMutablePointer<xmlNs>?) -> XMLName {
        let text = local.map { String(cString: $0) } ?? ""
        guard let namespace, let href = namespace.pointee.href else { return XMLName("", text) }
        let pointer = UnsafeRawPointer(namespace)
        if let last, last.pointer == pointer { return XMLName(last.name, text) }
        let found = known[pointer] ?? String(cString: href)
        known[pointer] = found
        last = (pointer, found)
        return XMLName(found, text)
    }
}
