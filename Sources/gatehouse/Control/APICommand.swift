import ArgumentParser
import Fetch
import Gateway
import HTTPAPI
import Logging
import ServiceLifecycle
import Vocabulary

/// A command that asks the management API and shows the answer.
protocol APICommand: AsyncParsableCommand {
    var options: APIOptions { get }
    func perform(_ client: ControlClient) async throws -> APIAnswer
}

/// What a command has to say, for machines and for people.
struct APIAnswer {
    let json: AttributeValue
    let text: String

    init(_ json: AttributeValue, _ text: String) {
        self.json = json
        self.text = text
    }

    /// One object, a line for each of its members, and for each value of a list.
    init(properties: AttributeValue) {
        json = properties
        var table = Table(["PROPERTY", "VALUE"])
        for (name, value) in (properties.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            let values = value.list.map { $0.isEmpty ? [.null] : $0 } ?? [value]
            for (place, value) in values.enumerated() { table.add([place == 0 ? name : "", value.cell]) }
        }
        text = table.text
    }

    /// A list as a table: a heading for each member of its items.
    init(_ items: [AttributeValue], columns: KeyValuePairs<String, String>) {
        json = .list(items)
        var table = Table(columns.map(\.key))
        for item in items { table.add(columns.map { item.cell($0.value) }) }
        text = items.isEmpty ? "none" : table.text
    }
}

extension APIAnswer {
    /// Prints the answer, for machines where they are asked for.
    func show(_ options: APIOptions) { Console.line(options.json ? CanonicalJSON.encode(json) : text) }
}

extension AttributeValue {
    /// A member as the cell of a table; `a.b` reaches into an object.
    func cell(_ path: String) -> String {
        path.split(separator: ".").reduce(AttributeValue?.some(self)) { $0?[String($1)] }?.cell ?? "–"
    }

    /// A value as the cell of a table.
    var cell: String {
        switch self {
        case .null: "–"
        case .string(let text): text
        case .bool(let value): value ? "yes" : "no"
        case .list(let values): values.map { $0.string ?? CanonicalJSON.encode($0) }.joined(separator: ", ")
        default: CanonicalJSON.encode(self)
        }
    }
}

extension APICommand {
    func run() async throws {
        try await options.withGateway { try await perform($0) }.show(options)
    }
}

/// The options every command of the management API has.
struct APIOptions: ParsableArguments {
    @OptionGroup var location: ConfigurationOption
    @Option(help: "The tenant's slug; the default tenant without it.") var tenant: String?
    @Flag(help: "Print the answer as JSON.") var json = false

    /// Hands over a way to ask: the running server, or the gateway opened in this process for the one command.
    func withGateway<Answer: Sendable>(
        _ body: (ControlClient) async throws -> Answer
    ) async throws -> Answer {
        try await withGateway(speakingFor: nil, body)
    }

    /// The same in the name of whoever has an API key.
    func withGateway<Answer: Sendable>(
        speakingFor key: SecretText?, _ body: (ControlClient) async throws -> Answer
    ) async throws -> Answer {
        let configuration = try location.load()
        let socket = ControlSocket(configuration)
        let client = ControlClient(socket: socket.path, tenant: tenant, key: key)
        if socket.isAnswered { return try await body(client) }
        return try await InProcessGateway.run(configuration) { try await body(client) }
    }
}

/// The same routes without a server: the gateway is opened under the process lock, listens on the control socket alone,
/// and closes when the command is done.
enum InProcessGateway {
    static func run<Answer: Sendable>(
        _ configuration: Configuration, _ body: () async throws -> Answer
    ) async throws -> Answer {
        var quiet = configuration.logging
        quiet.level = .error
        let logger = LogLines.logger(quiet)
        let gateway = try await Gateway.open(configuration, logger: logger)
        let ready = Announcement<Int>()
        let service = try GatewayService(gateway, listeners: .control) { await ready.send($0) }
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [service], logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                do { try await group.run() } catch {
                    await ready.fail(error)
                    throw error
                }
            }
            _ = try await ready.value()
            let outcome: Result<Answer, any Error>
            do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try outcome.get()
        }
    }
}
