import Gateway
import Governance
import HTTPTypes
import Vocabulary

extension WorkbenchRoutes {
    private static let path = "/api/v1/governance/trials"

    /// Long questions, which are begun and then looked at.
    var trials: [Route] { [begin] + reading }

    private var begin: Route {
        Route(
            .post, Self.path, "beginPolicyTrial",
            "Asks what was asked before of other rules, or a few questions for everybody",
            details: """
                `backtest` replays recorded decisions from `from` to `to` and takes the permission `read` on decisions \
                as well; a question is left out, and counted, where the record does not have what the rules read. \
                `impact` asks `questions` for every active person and service account, which takes `explain` on \
                decisions. Both run beside decisions, with what they found so far; they are kept for an hour.
                """,
            tag: "governance", access: Self.edit,
            requestBody: .object(
                [
                    "kind": .words(PolicyTrial.Kind.allCases.map(\.rawValue)), "candidate": WorkbenchSchema.candidate,
                    "against": WorkbenchSchema.candidate, "from": .time, "to": .time,
                    "limit": .integer(minimum: 1, maximum: BacktestPeriod.decisionLimit).described(
                        "Records looked at."),
                    "questions": .array(.map(.any), minimum: 1, maximum: PolicyWorkbench.impactQuestions),
                ], optional: ["candidate", "against", "from", "to", "limit", "questions"]),
            response: .reference("PolicyTrial"), successStatus: 202, bodyLimit: PolicyWorkbench.documentLimit
        ) { request in
            let (candidate, present) = (try request.candidate("candidate"), try request.candidate("against"))
            let caller = try request.caller(gateway)
            let trial: PolicyTrial
            switch try request.bodyWord("kind") ?? PolicyTrial.Kind.backtest {
            case .backtest:
                try await request.require("read", "decision", gateway)
                trial = try await gateway.workbench.backtest(
                    candidate, against: present, over: try period(request), by: caller)
            case .impact:
                try await request.require("explain", "decision", gateway)
                let questions = try (request.body?["questions"]?.list ?? []).enumerated().map {
                    try WorkbenchJSON.question($1, $0)
                }
                trial = try await gateway.workbench.impact(
                    of: candidate, against: present, on: questions, by: caller)
            }
            return APIResponse(.accepted, body: trial.json)
        }
    }

    private func period(_ request: APIRequest) throws -> BacktestPeriod {
        let to = try request.optionalTime("to") ?? gateway.clock()
        guard let from = try request.optionalTime("from") else {
            throw APIRequest.invalid("from", "an RFC 3339 date-time")
        }
        let limit = try request.optionalInteger("limit").map { Int(clamping: $0) } ?? BacktestPeriod.decisionLimit
        return try BacktestPeriod(from: from, to: to, limit: limit)
    }

    private var reading: [Route] {
        [
            Route(
                .get, Self.path, "listPolicyTrials", "Lists trials, newest first", tag: "governance",
                access: Self.edit, response: .object(["items": .array(.reference("PolicyTrial"))])
            ) { request in
                try await mayReadDecisions(request)
                let trials = gateway.workbench.trials(in: try request.requiredTenant)
                return APIResponse(body: ["items": .list(trials.map(\.json))])
            },
            Route(
                .get, Self.path + "/{trial}", "getPolicyTrial", "Shows how far a trial is, and what it found",
                tag: "governance", access: Self.edit, response: .reference("PolicyTrial")
            ) { request in
                try await mayReadDecisions(request)
                return APIResponse(body: try trial(request).json)
            },
            Route(
                .get, Self.path + "/{trial}/flips", "listPolicyTrialFlips",
                "Lists what is answered otherwise, in the order it was asked",
                details: "At most \(Backtest.Limits.flips); further ones are counted only.", tag: "governance",
                access: Self.edit, query: Route.Parameter.page, response: .page(WorkbenchSchema.flip)
            ) { request in
                try await mayReadDecisions(request)
                let flips = try trial(request).result?.flips ?? []
                let page = try request.page(mac: mac)
                let first = page.cursor.flatMap { Int($0.after) } ?? 0
                let rest = flips.enumerated().dropFirst(first).prefix(page.limit + 1)
                return try request.answer(Array(rest), page, mac) { (String($0.offset + 1), $0.element.json) }
            },
            Route(
                .post, Self.path + "/{trial}/cancel", "cancelPolicyTrial", "Ends a trial that is under way",
                tag: "governance", access: Self.edit, response: .reference("PolicyTrial")
            ) { request in
                try await mayReadDecisions(request)
                let trial = try gateway.workbench.cancel(
                    try request.id("trial"), in: try request.requiredTenant)
                return APIResponse(body: trial.json)
            },
        ]
    }

    /// What a trial found names people and what they did.
    private func mayReadDecisions(_ request: APIRequest) async throws {
        try await request.require("read", "decision", gateway)
    }

    private func trial(_ request: APIRequest) throws -> PolicyTrial {
        try gateway.workbench.trial(try request.id("trial"), in: try request.requiredTenant)
    }
}
