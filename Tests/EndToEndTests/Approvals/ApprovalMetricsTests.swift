import Gateway
import HTTPTypes
import Testing
import Vocabulary

/// S4-70: how open approvals stand against their deadlines, and how long deciding takes.
@Suite("Approvals and decisions are measured", .timeLimit(.minutes(5)))
struct ApprovalMetricsTests {
    /// The series of a family, by the value of one label.
    private static func series(_ name: String, by label: String, _ gateway: Gateway) async throws -> [String: Double] {
        let family = try #require(try await gateway.metrics().first { $0.name == name })
        return family.series.reduce(into: [:]) { found, one in
            switch one.value {
            case .number(let value): found[one.labels[label] ?? ""] = value
            case .distribution(let distribution): found["count"] = Double(distribution.counts.reduce(0, +))
            }
        }
    }

    @Test func openApprovalsAreCountedByWhenTheyAreDueAndDecisionsByHowLongTheyTook() async throws {
        let now = MovedClock()
        let running = try await TestGateway.open(clock: now.now)
        let gateway = running.gateway
        try await running.serve { api in
            let floor = try await WorkflowFloor(api, gateway)
            func open() async throws -> [String: Double] {
                try await Self.series("gatehouse_approvals_open", by: "due", gateway)
            }
            #expect(try await open() == ["late": 0, "hour": 0, "day": 0, "later": 0])
            // Four hours to decide: the reminder is due in three.
            let asked = [try await floor.ask("low"), try await floor.ask("low")]
            #expect(try await open() == ["late": 0, "hour": 0, "day": 2, "later": 0])
            now.advance(.minutes(150))
            #expect(try await open() == ["late": 0, "hour": 2, "day": 0, "later": 0])
            now.advance(.hours(1))
            #expect(try await open() == ["late": 2, "hour": 0, "day": 0, "later": 0])
            #expect(try await gateway.governance.endWhatIsDue(now: now.value) == 2)
            #expect(try await open() == ["late": 0, "hour": 2, "day": 0, "later": 0], "reminded; its end is next")
            #expect(try await floor.say("reject", asked[0], "sam", ["comment": "no"]).status == 200)
            #expect(try await open() == ["late": 0, "hour": 1, "day": 0, "later": 0])
            func decided() async throws -> Double {
                try await Self.series("gatehouse_decision_seconds", by: "", gateway)["count"] ?? 0
            }
            let before = try await decided()
            let answer = try await api.send(
                .post, "/api/v1/decide",
                [
                    "subject": "sam", "subject_type": "service_account", "action": "read", "resource_type": "thing",
                    "resource": "1",
                ])
            #expect(answer.status == 200)
            #expect(try await decided() > before)
        }
    }
}
