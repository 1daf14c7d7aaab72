import ArgumentParser
import Fetch
import Vocabulary

/// A command that shows a list of the API as a table: its path and its columns are all there is to say.
protocol ListCommand: APICommand {
    /// A heading for each member of the items; `a.b` reaches into an object.
    static var columns: KeyValuePairs<String, String> { get }
    var path: String { get }
}

extension ListCommand {
    func perform(_ client: ControlClient) async throws -> APIAnswer {
        APIAnswer(try await client.all(path), columns: Self.columns)
    }
}

/// A command that shows one thing of the API, a line for each of its members.
protocol ShowCommand: APICommand {
    var path: String { get }
    /// The thing as people read it; machines get the answer itself.
    func shown(_ answer: AttributeValue) -> AttributeValue
}

extension ShowCommand {
    func shown(_ answer: AttributeValue) -> AttributeValue { answer }
    func perform(_ client: ControlClient) async throws -> APIAnswer {
        let answer = try await client.call(.get, path)
        return APIAnswer(answer, APIAnswer(properties: shown(answer)).text)
    }
}

/// The method, the path and the body of a request; a body without members is not sent.
typealias ActRequest = (ControlClient.Method, String, [String: AttributeValue])

/// A command that asks for one act and says that it was done.
protocol ActCommand: APICommand {
    var request: ActRequest { get }
    /// What was done, in a sentence.
    func sentence(_ answer: AttributeValue) -> String
}

extension ActCommand {
    func perform(_ client: ControlClient) async throws -> APIAnswer {
        let (method, path, body) = request
        let answer = try await client.call(method, path, body.isEmpty ? nil : .object(body))
        return APIAnswer(answer == .null ? ["done": true] : answer, sentence(answer))
    }
}

/// A command that takes a thing away.
protocol RemoveCommand: ActCommand {
    var path: String { get }
}

extension RemoveCommand {
    var request: ActRequest { (.delete, path, [:]) }
}

/// A command that does something to a thing without having to say more.
protocol DoCommand: ActCommand {
    var path: String { get }
}

extension DoCommand {
    var request: ActRequest { (.post, path, [:]) }
}

/// A command that changes a thing upon the version it has just read.
protocol ChangeCommand: APICommand {
    var path: String { get }
    var body: [String: AttributeValue] { get }
    /// What was done, in a sentence.
    func sentence(_ answer: AttributeValue) -> String
    /// What to say to whoever names no change.
    static var choice: String { get }
}

extension ChangeCommand {
    static var choice: String { "Say what to change." }
    func validate() throws { if body.isEmpty { throw ValidationError(Self.choice) } }
    func perform(_ client: ControlClient) async throws -> APIAnswer {
        let present = try await client.call(.get, path)
        let version = present["version"]?.integer.map { "\"v\($0)\"" }
        let answer = try await client.call(.patch, path, .object(body), ifMatch: version)
        return APIAnswer(answer, sentence(answer))
    }
}

/// Builds a body out of options: what was not given is left out, and an empty text removes the value.
func members(_ given: KeyValuePairs<String, String?>) -> [String: AttributeValue] {
    given.reduce(into: [:]) { body, entry in
        if let text = entry.value { body[entry.key] = text.isEmpty ? .null : .string(text) }
    }
}

/// A path of the API, each part encoded as one segment.
func api(_ parts: String...) -> String {
    "/api/v1/" + parts.map(ControlClient.encode).joined(separator: "/")
}

/// A query of those values that were given.
func query(_ given: KeyValuePairs<String, String?>) -> String {
    let pairs = given.compactMap { entry in entry.value.map { "\(entry.key)=\(ControlClient.encode($0))" } }
    return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
}
