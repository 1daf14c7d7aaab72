import Governance
import JOSE
import Logging
import Messaging
import Vocabulary

/// Answers requests for commands of `GovernanceCommand`: the same service, the same permissions and the same journal as over
/// HTTP, with the headers that have these names there: `Idempotency-Key` and `If-Match`.
struct CommandDesk: Sendable {
    let governance: GovernanceService
    let senders: CommandSenders
    let subjects: MessagingSubjects
    /// Whether somebody may carry out a command.
    let judge: @Sendable (Principal, _ command: String) async throws -> ManagementAnswer
    let clock: @Sendable () -> Timestamp
    let logger: Logger

    private static let names = Set(
        GovernanceCommand.names + GovernanceCommand.furtherNames + [GovernanceService.importName])

    func answer(_ request: ServiceRequest) async -> ServiceAnswer {
        do {
            return ServiceAnswer(JSONValue(try await carryOut(request).json).serialized)
        } catch {
            return refusal(error, request)
        }
    }

    private func carryOut(_ request: ServiceRequest) async throws -> GovernanceOutcome {
        guard let (name, key) = subjects.command(in: request.subject), Self.names.contains(name) else {
            throw Fault(
                "command.unknown", .caller, "There is no such command.",
                remedy: "The commands are those of docs/nats.md.")
        }
        let principal = try await senders.principal(key: key)
        switch try await judge(principal, name) {
        case .permitted: break
        case .refused: throw Fault("management.forbidden", .caller, "The caller may not carry out `\(name)`.")
        case .stepUp: throw Fault("management.forbidden", .caller, "`\(name)` needs a stronger sign-in than a key.")
        }
        let payload = try Self.payload(request.payload)
        let caller = Caller(
            tenant: principal.tenant, actor: principal.actor, principal: principal,
            command: try Self.command(request) ?? .random(at: clock()))
        return try await governance.execute(name, payload, expecting: try Self.version(request), by: caller)
    }

    // MARK: Reading

    private static func payload(_ bytes: [UInt8]) throws -> AttributeValue {
        do { return AttributeValue(.object(try JSONObject(parsing: bytes))) } catch let error as JOSEError {
            throw Fault("command.malformed", .caller, "The payload is no object of JSON: \(error).")
        }
    }

    private static func command(_ request: ServiceRequest) throws -> CommandID? {
        guard let text = request.headers["Idempotency-Key"] else { return nil }
        guard let id = CommandID(unquoted(text)) else {
            throw Fault("command.malformed", .caller, "Idempotency-Key is one UUID.")
        }
        return id
    }

    private static func version(_ request: ServiceRequest) throws -> Int64? {
        guard let text = request.headers["If-Match"] else { return nil }
        guard let version = Int64(unquoted(text)), version > 0 else {
            throw Fault("command.malformed", .caller, "If-Match is the version that was seen, such as \"3\".")
        }
        return version
    }

    private static func unquoted(_ text: String) -> String {
        text.count > 1 && text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
    }

    // MARK: Refusing

    /// By the convention of services (ADR-32), with the code that HTTP has for it, and a payload that says what, where and how
    /// to mend it. What is not the caller's to mend is told in the log alone.
    private func refusal(_ error: any Error, _ request: ServiceRequest) -> ServiceAnswer {
        let fault = error as? Fault ?? Fault("internal.unexpected", .ourselves, "\(type(of: error))")
        let isCallers = fault.culprit == .caller
        if !isCallers {
            logger.error(
                "a command of NATS failed", metadata: ["code": "\(fault.code)", "error": "\(fault)"])
        }
        return isCallers ? Self.refusal(fault) : Self.failed(fault.status)
    }

    static func refusal(_ fault: Fault) -> ServiceAnswer {
        var members: [String: AttributeValue] = ["code": .string(fault.code), "message": .string(fault.message)]
        members["remedy"] = fault.remedy.map(AttributeValue.string)
        return .error(
            fault.status, "\(fault.code): \(fault.message)",
            payload: JSONValue(["error": .object(members)]).serialized)
    }

    private static func failed(_ status: Int) -> ServiceAnswer {
        let words: AttributeValue = ["code": "internal", "message": "It could not be done now."]
        return .error(status, "internal", payload: JSONValue(["error": words]).serialized)
    }

    /// What is listened to, and what is said where a request does not come this far.
    static func configuration(
        _ subjects: MessagingSubjects, _ commands: NATSMessagingConfiguration.Commands
    ) -> ServiceConfiguration {
        var serving = ServiceConfiguration(subject: subjects.commandPattern, queueGroup: commands.queueGroup)
        serving.concurrency = commands.concurrency
        serving.queueLimit = max(1_024, commands.concurrency * 8)
        serving.answersTo = { !$0.hasPrefix("$") && !subjects.isOwn($0) }
        serving.busy = refusal(
            Fault(
                "command.busy", .caller, "Too many commands wait.", remedy: "Ask again in a moment.",
                retryAfter: .seconds(1)))
        serving.tooLarge = refusal(
            Fault("command.too_large", .caller, "A command has at most \(serving.payloadLimit) bytes."))
        serving.failed = failed(500)
        return serving
    }
}
