/// What a client asked of a scripted server.
public enum ScriptedLDAPRequest: Sendable, Hashable {
    /// A simple bind.
    case bind(name: String, password: String)
    case search(Search)
    /// An extended request's object identifier.
    case extended(String)
    case unbind
    case other(tag: UInt8)

    /// A search; the filter in the text of RFC 4515.
    public struct Search: Sendable, Hashable {
        public let base: String
        /// 0 the base entry alone, 1 one level, 2 the subtree.
        public let scope: Int
        public let filter: String
        public let attributes: [String]
        /// Of the paged results control (RFC 2696); nil without it.
        public let pageSize: Int?
        public let cookie: String
    }
}

/// One answer of a scripted server.
public enum ScriptedLDAPAnswer: Sendable {
    /// A bind's result.
    case bind(code: Int, diagnostic: String = "")
    /// One found entry.
    case entry(dn: String, attributes: [(String, [[UInt8]])])
    /// A continuation reference (RFC 4511 §4.5.3).
    case reference(String)
    /// The end of a search; with a cookie the paged results control goes along, empty after the last page.
    case done(code: Int = 0, diagnostic: String = "", cookie: String? = nil)
    /// An extended operation's result.
    case extended(code: Int, diagnostic: String = "")
    /// Bytes as they are, such as a message cut in the middle.
    case raw([UInt8])
    /// Says nothing for so long.
    case pause(Duration)
    /// Ends the connection.
    case hangUp
}

extension ScriptedLDAPAnswer {
    /// An entry whose values are all text.
    public static func entry(_ dn: String, _ attributes: [String: [String]]) -> Self {
        .entry(
            dn: dn, attributes: attributes.sorted { $0.key < $1.key }.map { ($0.key, $0.value.map { Array($0.utf8) }) })
    }
}

extension ScriptedLDAPRequest {
    /// Reads an LDAPMessage (RFC 4511 §4.1.1).
    static func read(_ message: ArraySlice<UInt8>) -> (id: Int, request: ScriptedLDAPRequest)? {
        guard let parts = BER.elements(message)?.first?.children, parts.count >= 2 else { return nil }
        let (operation, id) = (parts[1], parts[0].integer)
        let fields = operation.children
        switch operation.tag {
        case 0x60 where fields.count >= 3: return (id, .bind(name: fields[1].text, password: fields[2].text))
        case 0x63 where fields.count >= 8: return (id, .search(search(fields, controls: parts.dropFirst(2).first)))
        case 0x77 where !fields.isEmpty: return (id, .extended(fields[0].text))
        case 0x42: return (id, .unbind)
        default: return (id, .other(tag: operation.tag))
        }
    }

    private static func search(_ fields: [BER.Element], controls: BER.Element?) -> Search {
        let paged = controls?.children.map(\.children).first { $0.first?.text == "1.2.840.113556.1.4.319" }
        let value = paged?.last.flatMap { BER.elements($0.content)?.first?.children }
        return Search(
            base: fields[0].text, scope: fields[1].integer, filter: filter(fields[6]),
            attributes: fields[7].children.map(\.text), pageSize: value?.first?.integer,
            cookie: value?.last?.text ?? "")
    }

    /// A filter as text (RFC 4511 §4.5.1.7 to RFC 4515); what escaping made of a value is shown escaped again.
    private static func filter(_ element: BER.Element) -> String {
        let children = element.children
        switch element.tag {
        case 0xA0: return "(&\(children.map(filter).joined()))"
        case 0xA1: return "(|\(children.map(filter).joined()))"
        case 0xA2: return "(!\(children.map(filter).joined()))"
        case 0xA3 where children.count == 2: return "(\(children[0].text)=\(escape(children[1].content)))"
        case 0x87: return "(\(element.text)=*)"
        case 0xA9:
            let rule: String = children.first { $0.tag == 0x81 }?.text ?? ""
            let type: String = children.first { $0.tag == 0x82 }?.text ?? ""
            return "(\(type):\(rule):=\(escape(children.first { $0.tag == 0x83 }?.content ?? [])))"
        default: return "(?\(element.tag))"
        }
    }

    private static func escape(_ bytes: ArraySlice<UInt8>) -> String {
        let isText = String(validating: bytes, as: UTF8.self) != nil
        return bytes.map { byte in
            let isPlain = isText ? byte >= 0x20 && !Array("*()\\".utf8).contains(byte) : false
            if isPlain && byte < 0x80 { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16)
            return "\\" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }
}

extension ScriptedLDAPAnswer {
    /// The bytes on the wire; nil for what is no message.
    func message(_ id: Int) -> [UInt8]? {
        switch self {
        case .bind(let code, let diagnostic): Self.message(id, Self.result(0x61, code, diagnostic))
        case .extended(let code, let diagnostic): Self.message(id, Self.result(0x78, code, diagnostic))
        case .reference(let url): Self.message(id, BER.encode(0x73, BER.octets(url)))
        case .entry(let dn, let attributes): Self.message(id, Self.entry(dn, attributes))
        case .done(let code, let diagnostic, let cookie):
            Self.message(id, Self.result(0x65, code, diagnostic), cookie.map(Self.pageControl))
        case .raw(let bytes): bytes
        case .pause, .hangUp: nil
        }
    }

    private static func message(_ id: Int, _ operation: [UInt8], _ controls: [UInt8]? = nil) -> [UInt8] {
        BER.encode(0x30, [BER.integer(id), operation, controls ?? []])
    }

    private static func result(_ tag: UInt8, _ code: Int, _ diagnostic: String) -> [UInt8] {
        BER.encode(tag, [BER.integer(code, tag: 0x0A), BER.octets(""), BER.octets(diagnostic)])
    }

    private static func entry(_ dn: String, _ attributes: [(String, [[UInt8]])]) -> [UInt8] {
        let list = attributes.map { name, values in
            BER.encode(0x30, [BER.octets(name), BER.encode(0x31, values.map { BER.encode(0x04, $0) })])
        }
        return BER.encode(0x64, [BER.octets(dn), BER.encode(0x30, list)])
    }

    private static func pageControl(_ cookie: String) -> [UInt8] {
        let value = BER.encode(0x30, [BER.integer(0), BER.octets(cookie)])
        let control = BER.encode(0x30, [BER.octets("1.2.840.113556.1.4.319"), BER.encode(0x04, value)])
        return BER.encode(0xA0, control)
    }
}
