import ArgumentParser
import Gateway
import Vocabulary

/// Members of an object as they are typed: `NAME=VALUE`, where a value is read as YAML, so that `3` is a number, `[a, b]`
/// a list and `"3"` a text.
struct NamedValues {
    let typed: [String]

    /// Throws a usage error for what is no `NAME=VALUE`, with an example of one that is.
    func validate(as example: String) throws {
        for text in typed where !text.dropFirst().contains("=") {
            throw ValidationError("`\(text)` is not NAME=VALUE, such as \(example).")
        }
    }

    /// The object; of two values of one name the last counts. Throws for a value that is no YAML.
    func object() throws -> [String: AttributeValue] {
        var object: [String: AttributeValue] = [:]
        for text in typed {
            let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = String(halves[1])
            object[String(halves[0])] = value.isEmpty ? "" : try PolicyService.parse(value)
        }
        return object
    }
}
