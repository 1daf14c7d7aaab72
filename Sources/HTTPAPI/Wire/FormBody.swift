import JOSE
import Vocabulary

/// A decoded `application/x-www-form-urlencoded` body. Bounded; a field sent twice is refused, because two readers
/// would disagree about which one counts.
public struct FormBody: Sendable {
    public static let fieldLimit = 64

    private let fields: [String: String]

    /// - Throws: `Refusal.badRequest("form.invalid")` naming what is wrong, never a value.
    public init(_ bytes: some Sequence<UInt8>) throws {
        var fields: [String: String] = [:]
        let text = String(validating: Array(bytes), as: UTF8.self)
        guard let text else { throw Self.refusal("The form is not UTF-8.") }
        let pairs = text.split(separator: "&", maxSplits: Self.fieldLimit, omittingEmptySubsequences: true)
        guard pairs.count <= Self.fieldLimit else { throw Self.refusal("The form has too many fields.") }
        for pair in pairs {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(halves[0]), let value = Self.decode(halves.count > 1 ? halves[1] : "") else {
                throw Self.refusal("A field is not encoded properly.")
            }
            guard fields.updateValue(value, forKey: name) == nil else { throw Self.refusal("A field was sent twice.") }
        }
        self.fields = fields
    }

    /// The field of this name; nil when the form has none.
    public subscript(name: String) -> String? { fields[name] }

    /// A field that stays secret: passwords, codes, tokens.
    public func secret(_ name: String) -> SecretText? { fields[name].map { Secret($0) } }

    /// Undoes `+` and `%XX`; nil for a broken escape, a NUL, bytes that are not UTF-8, or endless marks on a letter.
    /// - Parameter isPath: in a segment of a path `+` stands for itself (RFC 3986 §3.3).
    static func decode(_ text: some StringProtocol, isPath: Bool = false) -> String? {
        if text.utf8.allSatisfy({ $0 != 0x25 && $0 != 0 && ($0 != 0x2B || isPath) }) {
            return String(streamSafe: text.utf8)
        }
        var out: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+") where !isPath: out.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(ASCII.hexValue),
                    let low = iterator.next().flatMap(ASCII.hexValue)
                else { return nil }
                out.append(high << 4 | low)
            default: out.append(byte)
            }
        }
        guard !out.contains(0) else { return nil }
        return String(streamSafe: out)
    }

    private static func refusal(_ place: String) -> Refusal { .badRequest(code: "form.invalid", where: place) }
}
