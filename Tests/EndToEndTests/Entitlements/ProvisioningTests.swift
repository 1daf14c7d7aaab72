import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import Testing
import Vocabulary

@Suite("Target systems are told who gets and loses entitlements")
struct ProvisioningTests {
    /// A target on a real socket, which first refuses as often as it is told.
    private final class Target: Sendable {
        private struct State {
            var refusals: Int
            var signatures: [String] = []
            var changes: [AttributeValue] = []
        }

        private let state: Mutex<State>

        init(refusing count: Int) { state = Mutex(State(refusals: count)) }

        var changes: [AttributeValue] { state.withLock(\.changes) }
        var signatures: [String] { state.withLock(\.signatures) }

        private func take(_ body: [UInt8], _ signature: String) -> HTTPResponse.Status {
            state.withLock { state in
                state.signatures.append(signature)
                guard state.refusals == 0 else {
                    state.refusals -= 1
                    return .serviceUnavailable
                }
                let message = try? JSONDecoder().decode(AttributeValue.self, from: Data(body))
                state.changes += message?["changes"]?.list ?? []
                return .noContent
            }
        }

        /// Listens while the body runs.
        func listen(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
            let router = Router()
            router.post("/provision") { request, _ in
                let bytes = Array(try await request.body.collect(upTo: 1 << 20).readableBytesView)
                let name = try #require(HTTPField.Name("Signature-Input"))
                return Response(status: self.take(bytes, request.headers[name] ?? ""))
            }
            try await LoopbackListener.serve(router, body)
        }
    }

    @Test(
        "S1-80 grants and revocations reach a target in order, signed, once it answers, and a request that waits does not"
    )
    func story() async throws {
        let target = Target(refusing: 2)
        try await target.listen { port in
            let secret = NSTemporaryDirectory() + "gatehouse-target-" + UUID().uuidString
            try "a secret that only the target shares".write(toFile: secret, atomically: true, encoding: .utf8)
            chmod(secret, 0o400)
            defer { unlink(secret) }
            let now = Mutex(SystemClock.now())
            let running = try await TestGateway.open(
                extra: """
                    governance:
                      provisioning: [{ url: "http://127.0.0.1:\(port)/provision", secret_file: "\(secret)" }]
                    """, clock: { now.withLock { $0 } })
            let courier = try #require(running.gateway.provisioners.first)
            try await running.serveHouse { house in
                let id = try await house.entitlement("Approve", "low", ["external_id": "cn=approvers"])
                let other = try await house.entitlement("Create")
                let end = now.withLock { $0 } + .hours(1)
                let made = try await house.assign(id, to: "ada", ["expires_at": .string(end.rfc3339)])
                let asked = try await house.api.send(
                    .post, EntitlementHouse.base + "access-requests",
                    ["entitlement_id": .string(other), "person": "bob"])
                #expect(asked.status == 201)
                await courier.deliver()
                await courier.deliver()
                #expect(await courier.status.failures == 2)
                #expect(target.changes.isEmpty)
                await courier.deliver()
                #expect(await courier.status.failures == 0)
                let grant = try #require(target.changes.first)
                #expect(target.changes.count == 1 && grant["action"] == "grant" && grant["login"] == "ada")
                #expect(grant["external_id"] == "cn=approvers" && grant["entitlement_id"] == .string(id))
                #expect(grant["assignment_id"] == made.body?["id"] && grant["expires_at"] == .string(end.rfc3339))
                #expect(target.signatures.allSatisfy { $0.contains("keyid=\"gatehouse-provisioning\"") })
                await courier.deliver()
                #expect(target.changes.count == 1, "what was accepted is told once")
                now.withLock { $0 = end }
                try await running.gateway.governance.endWhatIsDue(now: end)
                await courier.deliver()
                #expect(target.changes.map { $0["action"] } == ["grant", "revoke"])
                #expect(target.changes[1]["assignment_id"] == made.body?["id"])
            }
        }
    }

    @Test(
        "S1-80 a target hears of disabled people, of entitlements nobody may use, of what comes with roles, and of what its report showed"
    )
    func more() async throws {
        let target = Target(refusing: 0)
        try await target.listen { port in
            let secret = NSTemporaryDirectory() + "gatehouse-target-" + UUID().uuidString
            try "a secret that only the target shares".write(toFile: secret, atomically: true, encoding: .utf8)
            chmod(secret, 0o400)
            defer { unlink(secret) }
            let running = try await TestGateway.open(
                extra: """
                    governance:
                      provisioning: [{ url: "http://127.0.0.1:\(port)/provision", secret_file: "\(secret)" }]
                    """)
            let courier = try #require(running.gateway.provisioners.first)
            try await running.serveHouse { house in
                let id = try await house.entitlement("Approve", "low", ["external_id": "cn=approvers"])
                #expect(try await house.api.send(.post, "/api/v1/roles", ["name": "Clerk"]).status == 201)
                let bound = EntitlementHouse.base + "entitlements/\(id)/roles/Clerk"
                #expect(try await house.api.send(.put, bound).status == 200)
                #expect(try await house.api.send(.delete, bound).status < 300)
                for word in ["disable", "enable"] {
                    #expect(try await house.api.send(.post, "/api/v1/people/ada/\(word)").status < 300)
                }
                for status in ["inactive", "active"] {
                    let path = EntitlementHouse.base + "entitlements/\(id)"
                    let switched = try await house.api.send(
                        .patch, path, ["status": .string(status)], headers: [.ifMatch: "*"])
                    #expect(switched.status == 200)
                }
                let report: AttributeValue = [
                    "application_id": .string(house.application), "accounts": [["account": "ghost"]],
                ]
                #expect(
                    try await house.api.send(.post, EntitlementHouse.base + "target-reports", report).status == 200)
                let finding = try #require(try await house.items("target-findings").first?["id"]?.string)
                let resolve = EntitlementHouse.base + "target-findings/\(finding)/resolve"
                #expect(try await house.api.send(.post, resolve, ["action": "revoke"]).status == 200)
                await courier.deliver()
                let actions = target.changes.map { $0["action"]?.string }
                #expect(
                    actions == [
                        "bind_role", "unbind_role", "disable_subject", "enable_subject", "deactivate_entitlement",
                        "activate_entitlement", "disable_account",
                    ])
                #expect(target.changes[0]["role"] == "Clerk" && target.changes[0]["external_id"] == "cn=approvers")
                #expect(target.changes[2]["login"] == "ada" && target.changes[2]["entitlement_id"] == nil)
                #expect(target.changes[6]["account"] == "ghost")
                let metrics = try await running.gateway.metrics()
                #expect(metrics.contains { $0.name == "gatehouse_provisioning_changes_total" })
                #expect(await courier.told == 7)
                await courier.deliver()
                #expect(target.changes.count == 7)
            }
        }
    }
}
