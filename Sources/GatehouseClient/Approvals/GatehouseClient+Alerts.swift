import Foundation

/// An action that is to answer an indicator's alert.
public struct AlertAction: Sendable, Equatable {
    public let action: String
    public let indicator: String
    /// `ok`, `warn` or `crit`. It lets nobody past an approval unless the account may `assert` on `context`.
    public let severity: String
    public let context: [String: JSONValue]

    public init(_ action: String, on indicator: String, severity: String, context: [String: JSONValue] = [:]) {
        (self.action, self.indicator, self.severity, self.context) = (action, indicator, severity, context)
    }
}

/// What an account may do on an alert, now.
public struct AlertGrant: Sendable, Equatable, Decodable {
    /// Do it without asking anybody.
    public let executes: Bool
    /// As the rule has them at this severity.
    public let params: [String: JSONValue]
    /// The rule that allows it.
    public let rule: String?
    let reservation: Reservation?

    struct Reservation: Sendable, Equatable, Decodable { let id: String }

    private enum CodingKeys: String, CodingKey {
        case executes = "execute"
        case params, rule, reservation
    }
}

extension GatehouseClient {
    /// Takes an action on an alert where the rules allow it: what fits under their limits is held back while the body
    /// runs, counted once it has returned, and let go of when it throws.
    ///
    /// The service account may `evaluate` and `reserve` on `decision`.
    /// - Throws: `ActionRefused` with the reason in words; `GatehouseError`; and what the body throws.
    public func act<Value: Sendable>(
        _ action: AlertAction, _ body: @Sendable (AlertGrant) async throws -> Value
    ) async throws -> Value {
        let grant = try await ask(action)
        let value: Value
        do { value = try await body(grant) } catch {
            // The body's own failure is the one to hear of; what stays held lapses by itself.
            try? await end(grant.reservation, "release")
            throw error
        }
        try await end(grant.reservation, "commit")
        return value
    }

    /// Tells the journal what came of an action, as this service claims it.
    ///
    /// The service account may `report` on `governance`.
    public func report(_ entry: [String: JSONValue]) async throws {
        _ = try await post("/mcp/audit/log", type: Self.json, body: try Self.encoded(entry))
    }

    private func ask(_ action: AlertAction) async throws -> AlertGrant {
        let fields: [String: JSONValue] = [
            "action": .string(action.action), "kpiId": .string(action.indicator),
            "severity": .string(action.severity), "context": .object(action.context),
        ]
        let answer = try await send("POST", "/mcp/actions", type: Self.json, body: try Self.encoded(fields))
        if answer.status == 403, let no = try? JSONDecoder().decode(Refusal.self, from: answer.body), !no.ok {
            throw ActionRefused(.denied, no.error)
        }
        return try Self.decode(AlertGrant.self, try Self.body(of: answer, "/mcp/actions"))
    }

    private struct Refusal: Decodable {
        let ok: Bool
        let error: String
    }

    private func end(_ reservation: AlertGrant.Reservation?, _ word: String) async throws {
        guard let id = reservation?.id else { return }
        guard UUID(uuidString: id) != nil else {
            throw GatehouseError("gateway.answer", "The gateway's answer names no reservation.")
        }
        _ = try await post("/api/v1/reservations/\(id)/\(word)", type: Self.json, body: Data("{}".utf8))
    }
}
