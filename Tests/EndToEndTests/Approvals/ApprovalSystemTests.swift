import Crypto
import Foundation
import Gateway
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing
import Vocabulary

@Suite("Systems that decide in an approver's place", .timeLimit(.minutes(5)))
struct ApprovalSystemTests {
    private static let secret = "what only the two of them know"
    private static let type = "application/json"

    /// A signed answer as the system would send it.
    private struct Answer {
        var decision = "approve"
        var nonce = "n-1"
        var stage = 0
        var secret = ApprovalSystemTests.secret
        var url: String
        var age: Int64 = 0
        var approval: String

        func send(_ api: TestAPI, now: Timestamp, to path: String? = nil, body changed: String? = nil) async throws
            -> TestAPI.Answer
        {
            let body: AttributeValue = [
                "approval_id": .string(approval), "stage": .integer(Int64(stage)), "decision": .string(decision),
                "nonce": .string(nonce),
            ]
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            let bytes = try encoder.encode(body)
            let digest = "sha-256=:\(Data(SHA256.hash(data: bytes)).base64EncodedString()):"
            let names = "(\"@method\" \"@target-uri\" \"content-digest\" \"content-type\")"
            let parameters = "\(names);created=\(now.seconds - age);keyid=\"sys\";alg=\"hmac-sha256\""
            let base =
                "\"@method\": POST\n\"@target-uri\": \(url)\n\"content-digest\": \(digest)\n\"content-type\": "
                + "\(ApprovalSystemTests.type)\n\"@signature-params\": \(parameters)"
            let code = HMAC<SHA256>.authenticationCode(
                for: Data(base.utf8), using: SymmetricKey(data: Data(secret.utf8)))
            var headers = HTTPFields()
            headers[HTTPField.Name("Content-Digest")!] = digest
            headers[HTTPField.Name("Signature-Input")!] = "sig=\(parameters)"
            headers[HTTPField.Name("Signature")!] = "sig=:\(Data(code).base64EncodedString()):"
            headers[.contentType] = ApprovalSystemTests.type
            let sent = try changed.map { try JSONDecoder().decode(AttributeValue.self, from: Data($0.utf8)) } ?? body
            return try await api.client.execute(
                uri: path ?? String(url.dropFirst("https://gate.example.org".count)), method: .post, headers: headers,
                body: .init(bytes: changed == nil ? bytes : try encoder.encode(sent))
            ) { response in
                let text = String(buffer: response.body)
                return TestAPI.Answer(
                    status: response.status.code, headers: response.headers,
                    body: try? JSONDecoder().decode(AttributeValue.self, from: Data(text.utf8)), text: text)
            }
        }
    }

    private static func run(
        _ body: @escaping @Sendable (ApprovalHouse, SignedReceiver, MovedClock) async throws -> Void
    ) async throws {
        let receiver = SignedReceiver()
        try await receiver.listen { port in
            let now = MovedClock(SystemClock.now())
            let running = try await TestGateway.open(
                tenants: ["default", "other"],
                extra: """
                    \(ConsolePerson.local)
                    notifications:
                      webhooks: [ { url: "http://127.0.0.1:\(port)/hook", secret_file: hook.secret } ]
                      approval_systems:
                        - { name: desk, url: "http://127.0.0.1:\(port)/hook", secret_file: out.secret, callback_secret_file: in.secret, roles: [ Owner ], timeout: 2h }
                    """,
                files: ["hook.secret": "for notices", "out.secret": "for requests", "in.secret": secret],
                clock: now.now)
            try await running.serveApprovals { house in
                try await house.gateway.notify()
                try await body(house, receiver, now)
            }
        }
    }

    private static func asked(_ receiver: SignedReceiver) throws -> AttributeValue {
        try #require(receiver.notices.last { $0["topic"] == "approval.asked" }?["about"])
    }

    @Test("S4-22 a system is asked, signed, and its signed answer decides; sent again it is answered as before")
    func story() async throws {
        try await Self.run { house, receiver, now in
            let id = try await house.ask()
            try await house.gateway.notify()
            let about = try Self.asked(receiver)
            #expect(about["approval_id"] == .string(id) && about["system"] == "desk" && about["stage"] == 0)
            #expect(receiver.taken.contains { $0.signatureInput.contains("keyid=\"gatehouse-approvals\"") })
            #expect(receiver.taken.contains { $0.signatureInput.contains("keyid=\"gatehouse-notifications\"") })
            #expect(receiver.notices.contains { $0["topic"] == "approval.waiting" })
            #expect(!receiver.taken.contains { "\($0.body)".lowercased().contains("rita") }, "ids, nobody's name")
            let callback = try #require(about["callback"]?.string)
            let answer = Answer(url: callback, approval: id)
            let present = now.value
            let taken = try await answer.send(house.house.api, now: present)
            #expect(taken.status == 200 && taken.body?["state"] == "approved", "\(taken.text)")
            let again = try await answer.send(house.house.api, now: present)
            #expect(again.status == 200 && again.body == taken.body)
            let shown = try await house.approval(id)
            #expect(shown["state"] == "approved")
            #expect(shown["stages"]?.list?[0]["votes"]?.list?.first?["by"]?["type"] == "outsider")
            var changed = answer
            changed.decision = "reject"
            let replayed = try await changed.send(house.house.api, now: present)
            #expect(replayed.status == 409 && replayed.body?["code"] == "callback.replayed")
            changed.nonce = "n-2"
            #expect(try await changed.send(house.house.api, now: present).status == 200, "its word was given already")
            #expect(try await house.approval(id)["state"] == "approved")
        }
    }

    @Test("forged, stale, foreign and unasked answers decide nothing")
    func forgery() async throws {
        try await Self.run { house, receiver, now in
            let id = try await house.ask()
            try await house.gateway.notify()
            let callback = try #require(try Self.asked(receiver)["callback"]?.string)
            let (api, present) = (house.house.api, now.value)
            var forged: [Answer] = []
            for change in 0..<6 {
                var one = Answer(nonce: "f-\(change)", url: callback, approval: id)
                switch change {
                case 0: one.secret = "a guess"
                case 1: one.age = 301
                case 2: one.age = -301
                case 3: one.url = callback.replacingOccurrences(of: "gate.example.org", with: "evil.example.org")
                case 4: one.secret = "for requests"
                default: one.secret = ""
                }
                forged.append(one)
            }
            let path = String(callback.dropFirst("https://gate.example.org".count))
            for (number, one) in forged.enumerated() {
                let answer = try await one.send(api, now: present, to: path)
                #expect(answer.status == 403 && answer.body?["code"] == "callback.forged", "\(number): \(answer.text)")
            }
            let good = Answer(nonce: "g", url: callback, approval: id)
            let tampered = """
                {"approval_id":"\(id)","decision":"reject","nonce":"g","stage":0}
                """
            #expect(try await good.send(api, now: present, body: tampered).status == 403)
            #expect(try await good.send(api, now: present, to: "/t/other" + path).status == 403, "another tenant")
            let stranger = path.replacingOccurrences(of: "/desk/", with: "/nobody/")
            #expect(try await good.send(api, now: present, to: stranger).status == 403)
            #expect(try await api.send(.post, path, ["decision": "approve"], token: .some(nil)).status == 400)
            var unasked = good
            unasked.stage = 1
            #expect(try await unasked.send(api, now: present).status == 409)
            #expect(try await house.approval(id)["state"] == "pending")
            // A replay of a good answer after the window proves nothing any more.
            #expect(try await Answer(nonce: "ok", url: callback, approval: id).send(api, now: present).status == 200)
            now.value = now.value + .minutes(6)
            #expect(try await Answer(nonce: "ok", url: callback, approval: id).send(api, now: present).status == 403)
        }
    }

    @Test("a system that takes longer than it may has lost its say, and people decide")
    func timeout() async throws {
        try await Self.run { house, receiver, now in
            let id = try await house.ask()
            try await house.gateway.notify()
            let callback = try #require(try Self.asked(receiver)["callback"]?.string)
            now.value = now.value + .hours(2)
            let late = try await Answer(url: callback, approval: id).send(house.house.api, now: now.value)
            #expect(late.status == 409 && late.body?["code"] == "approval.closed", "\(late.text)")
            #expect(try await house.approval(id)["state"] == "pending")
            #expect(try await house.say("approve", id, token: house.owner).body?["state"] == "approved")
        }
    }
}
