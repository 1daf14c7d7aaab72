import Gateway
import Vocabulary

extension APIRequest {
    /// On whose behalf the handler works. The control socket's other end is the machine's administrator: its file can
    /// be opened by nobody else.
    public func caller(_ gateway: Gateway) throws -> Caller {
        guard let tenant else { throw Refusal.notFound }
        let command = command ?? CommandID.random(at: gateway.clock())
        guard let principal else {
            guard isOperator else { throw Refusal.unauthenticated(challenge: BearerChallenge.missing.header) }
            return Caller(
                tenant: tenant.id, actor: .operatingSystemUser(operatorID), command: command, trace: traceID)
        }
        return Caller(
            tenant: tenant.id, actor: principal.actor, principal: principal, command: command, trace: traceID)
    }

    /// The tenant of the request's URL.
    public var requiredTenant: TenantID {
        get throws {
            guard let tenant else { throw Refusal.notFound }
            return tenant.id
        }
    }

    /// Refuses whoever may not do something beyond what the route asks for; the machine's administrator may.
    ///
    /// - Throws: `Refusal.forbidden`.
    func require(_ action: String, _ type: String, _ gateway: Gateway) async throws {
        guard let principal else { return }
        guard try await gateway.management(of: principal, action, type, in: try requiredTenant) == .permitted else {
            throw Refusal.forbidden(code: "management.not_permitted")
        }
    }

    private var traceID: String? { trace.isEmpty ? nil : trace }

    // MARK: Members of the body

    /// A text of the body. Throws `invalid` when it is absent or of another type.
    public func text(_ name: String) throws -> String {
        guard let text = try optionalText(name) else { throw Self.missing(name, "text") }
        return text
    }

    /// The body's text of this name, nil when it is absent or null. Throws 400 for any other type.
    public func optionalText(_ name: String) throws -> String? {
        switch body?[name] {
        case nil, .null?: return nil
        case .string(let text)?: return text
        default: throw Self.missing(name, "text")
        }
    }

    /// The body's list of texts of this name, nil when it is absent or null. Throws 400 for anything else: a list that was
    /// quietly shortened, or taken for absent, would allow more than its sender meant.
    public func optionalTexts(_ name: String) throws -> [String]? {
        switch body?[name] {
        case nil, .null?: return nil
        case .list(let values)?:
            let texts = values.compactMap(\.string)
            guard texts.count == values.count else { throw Self.missing(name, "a list of texts") }
            return texts
        default: throw Self.missing(name, "a list of texts")
        }
    }

    /// The body's truth of this name, nil when it is absent or null. Throws 400 for any other type.
    public func optionalBool(_ name: String) throws -> Bool? {
        switch body?[name] {
        case nil, .null?: return nil
        case .bool(let value)?: return value
        default: throw Self.missing(name, "true or false")
        }
    }

    /// The body's RFC 3339 moment of this name, nil when it is absent or null. Throws 400 when it is none.
    public func optionalTime(_ name: String) throws -> Timestamp? {
        guard let text = try optionalText(name) else { return nil }
        guard let time = Timestamp(rfc3339: text) else { throw Self.missing(name, "an RFC 3339 date-time") }
        return time
    }

    /// The body's whole number of this name, nil when it is absent or null. Throws 400 for any other type.
    public func optionalInteger(_ name: String) throws -> Int64? {
        switch body?[name] {
        case nil, .null?: return nil
        case let value?:
            guard let integer = value.integer else { throw Self.missing(name, "a whole number") }
            return integer
        }
    }

    private static func missing(_ name: String, _ expected: String) -> Fault {
        Fault("body.invalid", .caller, "The body's member `\(name)` must be \(expected).")
    }
}
