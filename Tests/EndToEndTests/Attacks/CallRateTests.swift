import Gateway
import HTTPTypes
import Testing
import Vocabulary

@Suite("How often one caller may call")
struct CallRateTests {
    private static let audit = "/mcp/audit/log"

    private static func entry() throws -> AttributeValue {
        try #require(try GovernedStage.corpus("seed-003")["audit"])
    }

    @Test("S3-32 whoever calls more often than allowed waits for the next minute, and nobody else does")
    func callers() async throws {
        let running = try await TestGateway.open(extra: "limits: { calls_per_caller: 10 }")
        let other = try await TestGateway.administrator(of: running.gateway, tenant: "default", named: "other")
        let entry = try Self.entry()
        try await running.serve { api in
            // The minute may turn once in between: of four times the budget half are refused whichever way.
            var taken = 0
            var refused: [TestAPI.Answer] = []
            for _ in 0..<40 {
                let answer = try await api.send(.post, Self.audit, entry)
                if answer.status == 200 { taken += 1 } else { refused.append(answer) }
            }
            #expect((10...20).contains(taken) && refused.count == 40 - taken)
            for answer in refused {
                #expect(answer.status == 429, "\(answer.text)")
                #expect((1...60).contains(Int(answer.headers[.retryAfter] ?? "") ?? 0))
            }
            // Decisions and everything else of the same caller are counted together; another key is no way out.
            let account = try await api.send(.get, "/api/v1/audit/events?limit=1", token: other)
            #expect(account.status == 200)
            var isRefused = false
            for _ in 0..<20 where !isRefused {
                let question: AttributeValue = [
                    "subject": ["type": "user", "id": "jochen"], "action": ["name": "pricing.adjust"],
                    "resource": ["type": "alert", "id": "margin"],
                ]
                isRefused = try await api.send(.post, "/access/v1/evaluation", question).status == 429
            }
            #expect(isRefused)
            // What was refused left nothing behind.
            let events = try await api.send(
                .get, "/api/v1/audit/events?type=alert.reported&limit=100", token: other)
            #expect(events.body?["items"]?.list?.count == taken)
        }
    }
}
