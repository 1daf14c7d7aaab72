import Gateway
import Governance
import HTTPTypes
import Vocabulary

/// Where policies are written and tried: review as they are typed, simulation, what was asked before asked again, what a
/// change means for everybody, and what can be said of rules by asking everything. All of it needs the right to edit
/// policies, decides nothing and writes nothing.
struct WorkbenchRoutes {
    let gateway: Gateway
    let mac: MACFunction
    /// What can be done to the gateway itself, by resource type.
    private let actions: [String: Set<String>]

    /// - Parameter others: all other routes, whose permissions are the actions that are known.
    init(gateway: Gateway, mac: @escaping MACFunction, beside others: [Route]) {
        (self.gateway, self.mac, actions) = (gateway, mac, Route.actions(of: others))
    }

    var routes: [Route] { [review, test, simulate, analyze] + trials }

    static let edit = Route.Access.permission(action: "update", type: "governance")

    // MARK: A document by itself

    private var review: Route {
        Route(
            .post, "/api/v1/governance/review", "reviewPolicyDraft",
            "Says what is wrong with a document as it is typed, where, why, and how to mend it",
            details: """
                Any style: a governed policy, a rule by itself, the severity and the condition style, a policy document. \
                Roles, groups, actions, attributes and time zones are held to what is there; what nearly is a known name \
                is asked about. Nothing is stored.
                """,
            tag: "governance", access: Self.edit,
            requestBody: .object(["text": .string(minLength: 0).described("YAML or JSON, as it is typed.")]),
            response: .reference("PolicyReview"), repetition: .harmless, bodyLimit: 2 * PolicyWorkbench.documentLimit
        ) { request in
            let review = try await gateway.workbench.review(
                try request.text("text"), actions: actions, in: try request.requiredTenant)
            return APIResponse(body: review.json)
        }
    }

    private var test: Route {
        Route(
            .post, "/api/v1/governance/test", "testPolicyDraft", "Runs the cases of a document over it alone",
            tag: "governance", access: Self.edit, requestBody: .object(["document": .map(.any)]),
            response: .object(["passed": .boolean, "cases": .array(WorkbenchSchema.result)]), repetition: .harmless,
            bodyLimit: PolicyWorkbench.documentLimit
        ) { request in
            let results = try PolicyWorkbench.run(request.body?["document"] ?? .null, now: gateway.clock())
            return APIResponse(body: WorkbenchJSON.results(results))
        }
    }

    private var analyze: Route {
        Route(
            .post, "/api/v1/governance/analyze", "analyzePolicies",
            "Finds rules that never fire, are shadowed, equal or over-broad, each with a request that shows it",
            details: """
                Every combination of what the rules look at is asked, so that what is said holds for all requests; \
                what cannot be said is said to be undecided. Without a candidate, of the rules in force.
                """,
            tag: "governance", access: Self.edit,
            requestBody: .object(["candidate": WorkbenchSchema.candidate], optional: ["candidate"]),
            response: .reference("RuleAnalysis"), repetition: .harmless, bodyLimit: PolicyWorkbench.documentLimit
        ) { request in
            let analysis = try await gateway.workbench.analyze(
                try request.candidate("candidate"), in: try request.requiredTenant)
            return APIResponse(body: analysis.json)
        }
    }

    // MARK: Questions

    private var simulate: Route {
        Route(
            .post, "/api/v1/governance/simulate", "simulatePolicies",
            "Asks requests that are made up of rules that are not in force",
            details: """
                `candidate` is tried and held against `against`: a stored policy in a version, a document, the rules \
                without a policy, or, left out, the rules in force. Who asks is described by roles, groups and \
                attributes, or named as `person` or `service_account`, which takes the permission `explain` on \
                decisions. Nothing is recorded, counted or asked to be approved.
                """,
            tag: "governance", access: Self.edit,
            requestBody: .object(
                [
                    "candidate": WorkbenchSchema.candidate, "against": WorkbenchSchema.candidate,
                    "questions": .array(.map(.any), minimum: 1, maximum: PolicyWorkbench.questionLimit),
                ], optional: ["candidate", "against"]),
            response: .object(["flips": .integer(minimum: 0), "answers": .array(WorkbenchSchema.answer)]),
            repetition: .harmless, bodyLimit: PolicyWorkbench.documentLimit
        ) { request in
            var questions: [SimulatedQuestion] = []
            for (number, tree) in (request.body?["questions"]?.list ?? []).enumerated() {
                questions.append(try await self.question(tree, number, request))
            }
            let answers = try await gateway.workbench.simulate(
                questions, on: try request.candidate("candidate"), against: try request.candidate("against"),
                in: try request.requiredTenant)
            return APIResponse(
                body: [
                    "flips": .integer(Int64(answers.count(where: \.isFlip))), "answers": .list(answers.map(\.json)),
                ])
        }
    }

    private func question(
        _ tree: AttributeValue, _ number: Int, _ request: APIRequest
    ) async throws -> SimulatedQuestion {
        let (person, account) = (tree["person"]?.string, tree["service_account"]?.string)
        guard case .object(var members) = tree, person != nil || account != nil else {
            return SimulatedQuestion(.described, try WorkbenchJSON.question(tree, number))
        }
        try await request.require("explain", "decision", gateway)
        guard members["subject"] == nil else {
            throw APIRequest.invalid("questions[\(number)]", "about one subject, named or described")
        }
        (members["person"], members["service_account"]) = (nil, nil)
        let subject = try await gateway.subject(person: person, account: account, in: try request.requiredTenant)
        return SimulatedQuestion(.known(subject), try WorkbenchJSON.question(.object(members), number))
    }
}

extension Route {
    /// What can be done, by resource type, as far as routes ask a permission for it.
    static func actions(of routes: [Route]) -> [String: Set<String>] {
        routes.reduce(into: [:]) { found, route in
            guard case .permission(let action, let type) = route.access else { return }
            found[type, default: []].insert(action)
        }
    }
}
