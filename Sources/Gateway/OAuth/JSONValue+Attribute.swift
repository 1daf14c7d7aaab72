import JOSE
import Vocabulary

extension JSONValue {
    /// The same value in the model of tokens. Numbers that are no integers keep the shortest text that reads back as them.
    init(_ value: AttributeValue) {
        switch value {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .integer(let number): self = .integer(number)
        case .number(let number): self = .decimal("\(number)")
        case .string(let text): self = .string(text)
        case .list(let values): self = .array(values.map(JSONValue.init))
        case .object(let members): self = .object(JSONObject(members))
        }
    }
}

extension JSONObject {
    /// Members in the order of their names, so that equal objects are equal text.
    init(_ members: [String: AttributeValue]) {
        self.init()
        for (name, value) in members.sorted(by: { $0.key < $1.key }) { self[name] = JSONValue(value) }
    }
}

extension AttributeValue {
    /// The same value in the gateway's own model; a number beyond it is its text.
    public init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .integer(let number): self = .integer(number)
        case .decimal(let text): self = Double(text).map { $0.isFinite ? .number($0) : .string(text) } ?? .string(text)
        case .string(let text): self = .string(text)
        case .array(let values): self = .list(values.map(AttributeValue.init))
        case .object(let object):
            self = .object(
                Dictionary(
                    uniqueKeysWithValues: object.names.map { ($0, object[$0].map(AttributeValue.init) ?? .null) }))
        }
    }
}
