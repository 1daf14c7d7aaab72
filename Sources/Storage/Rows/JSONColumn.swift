import Foundation
import Vocabulary

/// Values kept as JSON text in a column: keys sorted, so that equal values are equal text.
public enum JSONColumn {
    /// The value as JSON text with sorted keys, so that equal values give equal columns.
    public static func encode(_ value: some Encodable) throws -> SQLValue {
        .text(try text(of: value))
    }

    /// The same text by itself.
    public static func text(of value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// - Throws: `storage.corrupt` when the text is not what the schema promised.
    public static func decode<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw Fault("storage.corrupt", .ourselves, "A stored \(type) cannot be read.")
        }
    }
}

/// Reads a word of a closed vocabulary from a column.
func word<T: RawRepresentable>(_ type: T.Type, _ text: String) throws -> T where T.RawValue == String {
    guard let value = T(rawValue: text) else {
        throw Fault("storage.corrupt", .ourselves, "A stored \(type) has an unknown value.")
    }
    return value
}
