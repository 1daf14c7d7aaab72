import Foundation
import GatehouseClient
import Gateway
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing
import Vocabulary

/// The Swift client's wrapper against the running gateway, with the condition style's policies as they stand.
@Suite("A Swift service takes an action only once it is approved", .timeLimit(.minutes(2)))
struct RequireApprovalTests {
    private static let extra = """
        roles:
          - name: Healer
            permissions:
              - { action: evaluate, type: decision }
              - { action: reserve, type: decision }
              - { action: request, type: approval }
              - { action: report, type: governance }
        """
    private static let everything: AttributeValue = ["id": "everything", "effect": "allow"]

    /// A client whose requests go to the gateway under test.
    private static func client(_ api: TestAPI, key: String) throws -> GatehouseClient {
        let configuration = try ClientConfiguration(issuer: WebPerson.gateway, apiKey: APIKey(key))
        let http = api.client
        return GatehouseClient(configuration: configuration) { request in
            var headers = HTTPFields()
            for (name, value) in request.headers { headers[HTTPField.Name(name)!] = value }
            return try await http.execute(
                uri: request.url.path, method: HTTPRequest.Method(rawValue: request.method) ?? .get, headers: headers,
                body: request.body.isEmpty ? nil : ByteBuffer(bytes: request.body)
            ) { TransportAnswer(status: $0.status.code, body: Data($0.body.readableBytesView)) }
        }
    }

    /// The document's request, changed in the fields given.
    private static func action(_ changes: [String: JSONValue] = [:]) throws -> ReviewedAction {
        let request = try GovernedStage.corpus("seed-004")["request"] ?? .null
        var fields = try JSONDecoder().decode([String: JSONValue].self, from: JSONEncoder().encode(request))
        fields.merge(changes) { _, new in new }
        func text(_ name: String) -> String { if case .string(let text)? = fields[name] { text } else { "" } }
        return ReviewedAction(
            requestID: text("request_id"), type: text("action_type"), service: text("service_name"),
            requestedBy: fields["requested_by"] == nil ? nil : text("requested_by"), fields: fields)
    }

    private static func serve(
        _ body: @escaping @Sendable (TestAPI, GatehouseClient) async throws -> Void
    ) async throws {
        let running = try await TestGateway.open(extra: extra)
        let key = try await GovernedStage.key(running.gateway, "healer", roles: ["Healer"])
        try await running.serve { api in
            for policy in try GovernedStage.corpus("seed-004")["policies"]?.list ?? [] { try await api.enforce(policy) }
            try await api.enforce(rule: everything, 9)
            try await body(api, try client(api, key: key))
        }
    }

    /// Counts how often a body runs.
    private final class Runs: Sendable {
        private let count = Mutex(0)
        func note() { count.withLock { $0 += 1 } }
        var value: Int { count.withLock { $0 } }
    }

    @Test("S4-51 require_approval asks, waits, and runs the action once, after somebody approved it")
    func approved() async throws {
        try await Self.serve { api, client in
            let runs = Runs()
            let action = try Self.action(["patch_content": "DROP TABLE users"])
            async let patched = client.requireApproval(
                action, patience: ApprovalPatience(total: .seconds(120), interval: .milliseconds(100))
            ) { () -> String in
                runs.note()
                return "patched"
            }
            var asked: String?
            for _ in 0..<200 where asked == nil {
                let page = try await api.send(.get, "/api/v1/governance/approvals?state=pending")
                asked = page.body?["items"]?.list?.first?["id"]?.string
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(runs.value == 0, "nothing is done before")
            let approve = "/api/v1/governance/approvals/\(asked ?? "")/approve"
            #expect(try await api.send(.post, approve, ["comment": "Reviewed."]).status == 200)
            #expect(try await patched == "patched")
            #expect(runs.value == 1)
            let again = try await client.requireApproval(action, patience: .none) { 7 }
            #expect(again == 7, "the approval is good for the same action")
        }
    }

    @Test("S4-51 what is forbidden, rejected or not decided yet does not run, and says which")
    func refused() async throws {
        try await Self.serve { api, client in
            let runs = Runs()
            func attempt(_ changes: [String: JSONValue], _ patience: ApprovalPatience = .none) async throws
                -> ActionRefused.Cause?
            {
                do {
                    try await client.requireApproval(try Self.action(changes), patience: patience) { runs.note() }
                    return nil
                } catch let refusal as ActionRefused {
                    return refusal.cause
                }
            }
            #expect(try await attempt(["patch_content": "password = 'hunter2'"]) == .denied)
            #expect(try await attempt(["patch_content": "DROP TABLE users"]) == .pending)
            let page = try await api.send(.get, "/api/v1/governance/approvals?state=pending")
            let id = try #require(page.body?["items"]?.list?.first?["id"]?.string)
            async let waiting = attempt(
                ["patch_content": "DROP TABLE users"],
                ApprovalPatience(total: .seconds(120), interval: .milliseconds(100)))
            try await Task.sleep(for: .milliseconds(300))
            let reject = "/api/v1/governance/approvals/\(id)/reject"
            #expect(try await api.send(.post, reject, ["comment": "Not in production."]).status == 200)
            #expect(try await waiting == .rejected)
            #expect(runs.value == 0)
            #expect(try await attempt([:]) == nil, "what no rule forbids runs at once")
            #expect(runs.value == 1)
            let stranger = try Self.client(api, key: "ghk_0000000000000000000000000000000000000000000")
            await #expect(throws: GatehouseError.self) {
                try await stranger.requireApproval(try Self.action()) { runs.note() }
            }
            #expect(runs.value == 1, "who cannot ask does nothing")
        }
    }

    @Test("S3-28 an action on an alert runs under its limits, is counted once it is done, and let go of when it fails")
    func alerts() async throws {
        let limited: AttributeValue = [
            "id": "adjust", "effect": "allow", "actions": ["pricing.adjust"], "params": ["deltaPct": 2],
            "limits": [["measure": "absolute", "param": "deltaPct", "period": "rolling", "hours": 24, "max": 3]],
        ]
        struct Broken: Error {}
        let running = try await TestGateway.open(extra: Self.extra)
        let key = try await GovernedStage.key(running.gateway, "healer", roles: ["Healer"])
        try await running.serve { api in
            try await api.enforce(rule: limited, 9)
            let client = try Self.client(api, key: key)
            let action = AlertAction("pricing.adjust", on: "margin", severity: "warn")
            await #expect(throws: Broken.self) { try await client.act(action) { _ in throw Broken() } }
            let done = try await client.act(action) { grant in grant.params["deltaPct"] }
            #expect(done == 2, "what failed was not counted")
            await #expect(throws: ActionRefused(.denied, "Limit exceeded")) {
                try await client.act(action) { _ in Issue.record("it ran past its limit") }
            }
            try await client.report(try Self.report())
        }
    }

    private static func report() throws -> [String: JSONValue] {
        let entry = try GovernedStage.corpus("seed-003")["audit"] ?? .null
        return try JSONDecoder().decode([String: JSONValue].self, from: JSONEncoder().encode(entry))
    }
}
