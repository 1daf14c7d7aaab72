/// A name in a namespace; the empty namespace is none.
public struct XMLName: Hashable, Sendable, CustomStringConvertible {
    public let namespace: String
    public let local: String

    /// A name in a namespace, or in none.
    public init(_ namespace: String, _ local: String) {
        self.namespace = namespace
        self.local = local
    }

    /// To the letter: `KeyInfo` with the sign of kelvin in front is another name, to which Swift's own comparison is blind
    /// and libxml2's is not.
    public static func == (left: XMLName, right: XMLName) -> Bool {
        Exact.same(left.local, right.local) && Exact.same(left.namespace, right.namespace)
    }

    /// `samlp:Response` where the namespace has a prefix of its own, else `{namespace}local`.
    public var description: String {
        if namespace.isEmpty { return local }
        return XMLNamespace.prefix(of: namespace).map { "\($0):\(local)" } ?? "{\(namespace)}\(local)"
    }
}

/// An attribute with its value as it was normalized by the reader.
public struct XMLAttribute: Hashable, Sendable {
    public let name: XMLName
    public let value: String

    /// An attribute in a namespace.
    public init(_ name: XMLName, _ value: String) {
        self.name = name
        self.value = value
    }

    /// An attribute in no namespace, as SAML's own are.
    public init(_ local: String, _ value: String) { self.init(XMLName("", local), value) }

    /// To the letter.
    public static func == (left: XMLAttribute, right: XMLAttribute) -> Bool {
        left.name == right.name && Exact.same(left.value, right.value)
    }
}

/// What is inside an element: elements and text, in order. Comments are not kept, and text around them is one.
public enum XMLChild: Hashable, Sendable {
    case element(XMLElement)
    case text(String)

    /// To the letter.
    public static func == (left: XMLChild, right: XMLChild) -> Bool {
        switch (left, right) {
        case (.element(let left), .element(let right)): left == right
        case (.text(let left), .text(let right)): Exact.same(left, right)
        default: false
        }
    }
}

/// An element as a value: what `XMLReader` read or `XMLWriter` will write. Prefixes are no part of it, and neither are
/// comments, so that two readers cannot see different things.
public struct XMLElement: Hashable, Sendable {
    public var name: XMLName
    /// In the order they were read or are to be written.
    public var attributes: [XMLAttribute]
    public var children: [XMLChild]

    /// An element of these parts.
    public init(_ name: XMLName, attributes: [XMLAttribute] = [], children: [XMLChild] = []) {
        self.name = name
        self.attributes = attributes
        self.children = children
    }

    /// An element with nothing but elements in it.
    public init(_ namespace: String, _ local: String, _ attributes: [XMLAttribute] = [], _ elements: [XMLElement] = [])
    {
        self.init(XMLName(namespace, local), attributes: attributes, children: elements.map { .element($0) })
    }

    /// An element with nothing but text in it.
    public init(_ namespace: String, _ local: String, _ attributes: [XMLAttribute] = [], text: String) {
        self.init(XMLName(namespace, local), attributes: attributes, children: [.text(text)])
    }
}

extension XMLElement {
    /// The order of attributes says nothing (XML 1.0 §3.1), and canonicalization changes it.
    public static func == (left: XMLElement, right: XMLElement) -> Bool {
        left.name == right.name && left.children == right.children
            && (left.attributes == right.attributes
                || left.attributes.count == right.attributes.count && Set(left.attributes) == Set(right.attributes))
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(Set(attributes))
        hasher.combine(children)
    }

    /// The value of an attribute in no namespace. `samlp:ID` is not `ID`.
    public func attribute(_ local: String) -> String? { attribute(XMLName("", local)) }

    /// The value of an attribute by its whole name.
    public func attribute(_ name: XMLName) -> String? { attributes.first { $0.name == name }?.value }

    /// Sets an attribute in no namespace, or takes it away.
    public mutating func setAttribute(_ local: String, _ value: String?) {
        let name = XMLName("", local)
        let place = attributes.firstIndex { $0.name == name }
        switch (place, value) {
        case (let place?, let value?): attributes[place] = XMLAttribute(name, value)
        case (let place?, nil): attributes.remove(at: place)
        case (nil, let value?): attributes.append(XMLAttribute(name, value))
        case (nil, nil): break
        }
    }

    /// The elements directly inside, in order.
    public var elements: [XMLElement] {
        children.compactMap { if case .element(let element) = $0 { element } else { nil } }
    }

    /// Whether it is this element.
    public func `is`(_ namespace: String, _ local: String) -> Bool {
        Exact.same(name.local, local) && Exact.same(name.namespace, namespace)
    }

    /// The elements of this name directly inside, in order.
    public func children(_ name: XMLName) -> [XMLElement] {
        children.compactMap { if case .element(let element) = $0, element.name == name { element } else { nil } }
    }

    /// The elements of this name directly inside, in order.
    public func children(_ namespace: String, _ local: String) -> [XMLElement] { children(XMLName(namespace, local)) }

    /// The first element of this name directly inside. Where the schema allows one only, ask `onlyChild(_:)`.
    public func child(_ name: XMLName) -> XMLElement? {
        for case .element(let element) in children where element.name == name { return element }
        return nil
    }

    /// The first element of this name directly inside.
    public func child(_ namespace: String, _ local: String) -> XMLElement? { child(XMLName(namespace, local)) }

    /// The element of this name directly inside, where there may be one.
    ///
    /// - Throws: `SAMLError` with `SCHEMA` where there are more.
    public func onlyChild(_ name: XMLName) throws -> XMLElement? {
        let found = children(name)
        guard found.count <= 1 else {
            throw SAMLError(.schema, "\(self.name) has \(found.count) of \(name), where one is allowed")
        }
        return found.first
    }

    /// The text directly inside, all of it, whatever stood between its pieces. Where elements may not be inside, ask
    /// `simpleText()`.
    public var text: String {
        children.reduce(into: "") { if case .text(let text) = $1 { $0 += text } }
    }

    /// The text of an element that has nothing else inside.
    ///
    /// - Throws: `SAMLError` with `SCHEMA` where elements are inside: a name is whole or refused.
    public func simpleText() throws -> String {
        for case .element(let child) in children {
            throw SAMLError(.schema, "\(name) may hold text only, and has \(child.name) in it")
        }
        return text
    }

    /// As `simpleText()`, without white space around it: for values whose type the schema collapses (anyURI, dateTime,
    /// base64Binary).
    ///
    /// - Throws: as `simpleText()`.
    public func trimmedText() throws -> String { try simpleText().trimmingXMLSpace() }
}

extension String {
    /// Without the white space of XML (space, tab, carriage return, line feed) around it.
    public func trimmingXMLSpace() -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
        guard let first = utf8.first, let last = utf8.last, isSpace(first) || isSpace(last) else { return self }
        guard let begin = utf8.firstIndex(where: { !isSpace($0) }), let end = utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(self[begin...end])
    }
}
