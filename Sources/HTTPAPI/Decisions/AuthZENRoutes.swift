import Authorization
import Gateway
import Governance
import HTTPTypes
import Vocabulary

/// AuthZEN Authorization API 1.0: evaluation, evaluations and metadata.
struct AuthZENRoutes {
    let gateway: Gateway

    var routes: [Route] {
        tasks + [
            Route(
                .post, "/access/v1/evaluation", "evaluate", "May this subject do this? (AuthZEN 1.0 §6)",
                tag: "decisions", access: .permission(action: "evaluate", type: "decision"), requestBody: .map(.any),
                response: .map(.any), repetition: .harmless
            ) { try await evaluation($0) },
            Route(
                .post, "/access/v1/evaluations", "evaluateMany", "Several questions at once (AuthZEN 1.0 §7)",
                tag: "decisions", access: .permission(action: "evaluate", type: "decision"), requestBody: .map(.any),
                response: .map(.any), repetition: .harmless
            ) { try await evaluations($0) },
        ]
    }

    private func evaluation(_ request: APIRequest) async throws -> APIResponse {
        let body = try object(request)
        return APIResponse(body: try await answer(try AuthZENQuestion(body, defaults: [:]), request, batch: nil))
    }

    private func evaluations(_ request: APIRequest) async throws -> APIResponse {
        let body = try object(request)
        // §7.1: without `evaluations`, or with an empty list, the request is a single evaluation.
        guard let items = try list(body["evaluations"]), !items.isEmpty else { return try await evaluation(request) }
        let limit = gateway.configuration.limits.evaluationsPerRequest
        guard items.count <= limit else {
            throw Fault("body.invalid", .caller, "At most \(limit) evaluations fit into one request.")
        }
        let semantic = try AuthZENSemantic(body["options"])
        let batch = DecisionID.random(at: gateway.clock())
        var answers: [AttributeValue] = []
        for item in items {
            let one = try await oneOfMany(item, body, request, batch)
            answers.append(one)
            if semantic.stops(after: one["decision"] == .bool(true)) { break }
        }
        return APIResponse(body: ["evaluations": .list(answers)])
    }

    // §7.2: an item that is wrong in itself is denied; the others are still answered.
    private func oneOfMany(
        _ item: AttributeValue, _ defaults: [String: AttributeValue], _ request: APIRequest, _ batch: DecisionID
    ) async throws -> AttributeValue {
        do {
            guard let members = item.object else {
                throw Fault("body.invalid", .caller, "An evaluation must be an object.")
            }
            return try await answer(try AuthZENQuestion(members, defaults: defaults), request, batch: batch)
        } catch let fault as Fault where fault.culprit == .caller {
            return [
                "decision": .bool(false),
                "context": ["error": ["status": .integer(400), "message": .string(fault.message)]],
            ]
        }
    }

    private func answer(
        _ question: AuthZENQuestion, _ request: APIRequest, batch: DecisionID?
    ) async throws -> AttributeValue {
        let origin = try await request.origin("authzen", of: question.question, batch: batch, gateway)
        let answer = try await gateway.decisions.decide(
            question.question, in: try request.requiredTenant, origin: origin)
        var context = answer.context().object ?? [:]
        context.merge(try await approvalContext(answer, question, request)) { own, _ in own }
        return ["decision": .bool(answer.isPermitted), "context": .object(context)]
    }

    private func object(_ request: APIRequest) throws -> [String: AttributeValue] {
        guard let body = request.body?.object else {
            throw Fault("body.invalid", .caller, "The body must be a JSON object.")
        }
        return body
    }

    private func list(_ value: AttributeValue?) throws -> [AttributeValue]? {
        guard let value else { return nil }
        guard let list = value.list else { throw Fault("body.invalid", .caller, "`evaluations` must be a list.") }
        return list
    }
}

/// When a batch stops (AuthZEN 1.0 §7.1.2.1).
enum AuthZENSemantic: String {
    case executeAll = "execute_all"
    case denyOnFirstDeny = "deny_on_first_deny"
    case permitOnFirstPermit = "permit_on_first_permit"

    init(_ options: AttributeValue?) throws {
        guard let word = options?["evaluations_semantic"] else {
            self = .executeAll
            return
        }
        guard let semantic = word.string.flatMap(AuthZENSemantic.init(rawValue:)) else {
            throw Fault("body.invalid", .caller, "`options.evaluations_semantic` is not one AuthZEN 1.0 defines.")
        }
        self = semantic
    }

    func stops(after isPermitted: Bool) -> Bool {
        switch self {
        case .executeAll: false
        case .denyOnFirstDeny: !isPermitted
        case .permitOnFirstPermit: isPermitted
        }
    }
}

/// A question in AuthZEN's words: subject, action and resource are objects; each replaces the default as a whole.
struct AuthZENQuestion {
    let question: DecisionQuestion
    /// What the caller takes an approval to be; it grants nothing by itself.
    let approval: AttributeValue?

    init(_ members: [String: AttributeValue], defaults: [String: AttributeValue]) throws {
        func entity(_ name: String) throws -> AttributeValue {
            guard let entity = members[name] ?? defaults[name] else {
                throw Fault("body.invalid", .caller, "`\(name)` is missing.")
            }
            guard entity.object != nil else { throw Fault("body.invalid", .caller, "`\(name)` must be an object.") }
            return entity
        }
        func text(_ entity: AttributeValue, _ name: String, _ member: String) throws -> String {
            guard let text = entity[member]?.string, !text.isEmpty else {
                throw Fault("body.invalid", .caller, "`\(name).\(member)` must be text.")
            }
            return text
        }
        func properties(_ value: AttributeValue?, _ name: String) throws -> [String: AttributeValue] {
            guard let value, value != .null else { return [:] }
            guard let object = value.object else {
                throw Fault("body.invalid", .caller, "`\(name)` must be an object.")
            }
            return object
        }
        let (subject, action, resource) = (try entity("subject"), try entity("action"), try entity("resource"))
        let type = try text(subject, "subject", "type")
        var context = try properties(members["context"] ?? defaults["context"], "context")
        // What an approval is referred to by is no circumstance of the question: rules look it up themselves.
        approval = context.removeValue(forKey: "approval")
        context.removeValue(forKey: "obligations_supported")
        let actionProperties = try properties(action["properties"], "action.properties")
        if !actionProperties.isEmpty { context["action"] = .object(actionProperties) }
        question = DecisionQuestion(
            Self.asked(type: type, id: try text(subject, "subject", "id")),
            action: try text(action, "action", "name"), resourceType: try text(resource, "resource", "type"),
            resourceID: try text(resource, "resource", "id"),
            resourceAttributes: try properties(resource["properties"], "resource.properties"), context: context)
    }

    /// §5.1: a type is the caller's word, compared as it is written. People are `user`, `person` or `identity`; what is
    /// none of these and no `service_account` is nobody here, and never the person who happens to have the same id.
    private static func asked(type: String, id: String) -> DecisionQuestion.Asked {
        switch type {
        case "user", "person", "identity": .subject(kind: .person, id: id)
        case "service_account": .subject(kind: .serviceAccount, id: id)
        default: .stranger(id: id)
        }
    }
}

extension DecisionAnswer {
    /// What a caller learns beside yes or no; names of rules only where `isPrivileged`.
    func context(isPrivileged: Bool = false) -> AttributeValue {
        var members: [String: AttributeValue] = [
            "id": .string(id.description), "as_of": .integer(asOf),
            "reason_codes": .list(reasons.map(AttributeValue.string)),
            "valid_until": .string(validUntil.rfc3339),
        ]
        let duties = obligations.map(\.json) + (isGoverned ? governed?.obligations ?? [] : [])
        // The obligations profile tells instances apart by an id within the answer.
        let numbered = duties.enumerated().map { $1.identified(as: "obligation-\($0 + 1)") }
        if !numbered.isEmpty { members["obligations"] = .list(numbered) }
        if let governed {
            let advice = governed.advice(isPrivileged: isPrivileged)
            if !advice.isEmpty { members["advice"] = .list(advice) }
            if isGoverned || isPrivileged { members["policy"] = governed.json(isPrivileged: isPrivileged) }
        }
        if let approval { members["approval"] = approval.asked }
        if let reservation { members["reservation"] = reservation.json("held") }
        if isPrivileged {
            let governing = isGoverned ? governed?.determining.map(\.description) ?? [] : []
            members["rules"] = .list((determining.map(\.description) + governing).map(AttributeValue.string))
            members["erred"] = .list(
                erred.map { ["rule": .string($0.rule.description), "code": .string($0.code.rawValue)] })
        }
        return .object(members)
    }
}

extension Obligation {
    /// The step-up obligation of the AuthZEN obligations profile.
    fileprivate var json: AttributeValue {
        switch self {
        case .stepUp(let strength, let maxAge):
            var members: [String: AttributeValue] = ["type": "step-up"]
            if let strength { members["acr_value"] = .string(strength.acr) }
            if let maxAge { members["max_age"] = .integer(maxAge) }
            return .object(members)
        }
    }
}

extension AttributeValue {
    fileprivate func identified(as id: String) -> AttributeValue {
        guard case .object(var members) = self else { return self }
        members["id"] = .string(id)
        return .object(members)
    }
}
