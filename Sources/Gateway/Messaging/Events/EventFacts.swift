import Foundation
import JOSE
import Vocabulary

/// Facts of an event as JSON, and back without loss: words are texts, and what a text cannot be told from is an object that says
/// what it is.
enum EventFacts {
    static func json(_ facts: [Fact]) -> JSONObject {
        JSONObject(
            sorting: Dictionary(facts.map { ($0.name, json($0.value)) }, uniquingKeysWith: { first, _ in first }))
    }

    private static func json(_ value: FactValue) -> JSONValue {
        switch value {
        case .id(let bytes, let kind):
            ["id": .string(Identifier<Void>(bytes: bytes)?.description ?? ""), "of": .string(kind)]
        case .integer(let number): .integer(number)
        case .bool(let flag): .bool(flag)
        case .word(let word): .string(word)
        case .digest(let bytes): ["digest": .string(Data(bytes).base64EncodedString())]
        case .time(let time): ["time": .string(time.rfc3339)]
        case .list(let values): .array(values.map(json))
        }
    }

    /// - Throws: `event_stream.malformed`.
    static func read(_ object: JSONObject) throws -> [Fact] {
        try object.entries.map { Fact($0.name, try value($0.value, depth: 0)) }
    }

    private static func value(_ json: JSONValue, depth: Int) throws -> FactValue {
        switch json {
        case .integer(let number): return .integer(number)
        case .bool(let flag): return .bool(flag)
        case .string(let word): return .word(word)
        case .array(let values) where depth < 8: return .list(try values.map { try value($0, depth: depth + 1) })
        case .object(let object): return try value(object)
        default: throw EventMessage.malformed("A fact")
        }
    }

    private static func value(_ object: JSONObject) throws -> FactValue {
        if let id = object["id"]?.text.flatMap({ Identifier<Void>($0) }), let kind = object["of"]?.text {
            return .id(bytes: id.bytes, kind: kind)
        }
        if let text = object["digest"]?.text, let bytes = Data(base64Encoded: text) { return .digest(Array(bytes)) }
        if let time = object["time"]?.text.flatMap({ Timestamp(rfc3339: $0) }) { return .time(time) }
        throw EventMessage.malformed("A fact")
    }
}

extension Actor {
    /// Reads what `description` writes; nil for anything else.
    init?(described text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let rest = parts.count == 2 ? parts[1] : ""
        switch parts[0] {
        case "person": self.init(PersonID(rest).map(Actor.person))
        case "service_account": self.init(ServiceAccountID(rest).map(Actor.serviceAccount))
        case "client": self.init(ClientID(rest).map(Actor.client))
        case "os": self.init(UInt32(rest).map(Actor.operatingSystemUser))
        case "system": self.init(rest.isEmpty ? nil : .system(rest))
        case "anonymous": self.init(rest.isEmpty ? .anonymous : nil)
        default: return nil
        }
    }

    private init?(_ known: Actor?) {
        guard let known else { return nil }
        self = known
    }
}
