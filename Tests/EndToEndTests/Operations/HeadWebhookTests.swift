import Crypto
import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import Identity
import Logging
import NIOCore
import Synchronization
import Testing
import Vocabulary

@Suite("Heads are posted to a witness, signed, until it takes them")
struct HeadWebhookTests {
    /// A witness on a real socket, which first refuses as often as it is told.
    private final class Witness: Sendable {
        struct Delivery: Sendable {
            let headers: [String: String]
            let body: [UInt8]
        }

        private let state: Mutex<(refusals: Int, refused: Int, deliveries: [Delivery])>

        init(refusing count: Int) { state = Mutex((count, 0, [])) }

        var refused: Int { state.withLock(\.refused) }
        var deliveries: [Delivery] { state.withLock(\.deliveries) }

        func take(_ delivery: Delivery) -> HTTPResponse.Status {
            state.withLock { state in
                if state.refused < state.refusals {
                    state.refused += 1
                    return .serviceUnavailable
                }
                state.deliveries.append(delivery)
                return .noContent
            }
        }

        /// Listens while the body runs.
        func listen(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
            let router = Router()
            router.post("/heads") { request, _ in
                let bytes = Array(try await request.body.collect(upTo: 1 << 20).readableBytesView)
                let headers = Dictionary(
                    request.headers.map { ($0.name.canonicalName, $0.value) }, uniquingKeysWith: { first, _ in first })
                return Response(status: self.take(Delivery(headers: headers, body: bytes)))
            }
            try await LoopbackListener.serve(router, body)
        }
    }

    private static let secret = "a secret that only the witness shares"

    private static func gateway(port: Int, secretFile: String? = nil) async throws -> TestGateway {
        let file = secretFile ?? NSTemporaryDirectory() + "gatehouse-witness-" + UUID().uuidString
        try secret.write(toFile: file, atomically: true, encoding: .utf8)
        chmod(file, 0o400)
        defer { if secretFile == nil { unlink(file) } }
        return try await TestGateway.open(
            extra: """
                journal:
                  head_interval: 1s
                  sinks: [{ type: webhook, url: "http://127.0.0.1:\(port)/heads", secret_file: "\(file)" }]
                """)
    }

    private static func heads(_ running: TestGateway, ahead: Duration = .zero) async -> [Doctor.Finding] {
        let logger = Logger(label: "doctor", factory: { _ in SwiftLogNoOpLogHandler() })
        return await Doctor(
            running.gateway.configuration, logger: logger, clock: { SystemClock.now() + ahead }
        ).examine().filter { $0.subject == "heads" || $0.subject == "clock" }
    }

    /// A gateway that delivers to this port, looked over by doctors who read its secret, too.
    private static func examined(
        _ port: Int, _ body: (TestGateway) async throws -> Void
    ) async throws {
        let file = NSTemporaryDirectory() + "gatehouse-witness-" + UUID().uuidString
        defer { unlink(file) }
        let running = try await gateway(port: port, secretFile: file)
        do { try await body(running) } catch {
            try? await running.close()
            throw error
        }
        try await running.close()
    }

    @Test func theDoctorAsksAWitnessAndComparesTheClocks() async throws {
        let witness = Witness(refusing: 0)
        try await witness.listen { port in
            try await Self.examined(port) { gateway in
                let found = await Self.heads(gateway)
                #expect(found.allSatisfy { $0.isGood }, "\(found.map(\.detail))")
                #expect(found.contains { $0.detail.contains("127.0.0.1 takes deliveries") })
                #expect(found.contains { $0.detail.contains("agrees with that of 127.0.0.1") })
                // Signed like any other, and without a head.
                let probe = try #require(witness.deliveries.first)
                #expect(String(decoding: probe.body, as: UTF8.self) == #"{"heads":[],"version":1}"#)
                #expect(probe.headers.contains { $0.key.lowercased() == "signature" && !$0.value.isEmpty })

                let ahead = await Self.heads(gateway, ahead: .seconds(300)).filter { !$0.isGood }
                #expect(ahead.count == 1 && ahead[0].subject == "clock", "\(ahead.map(\.detail))")
                #expect(ahead.first?.detail.contains("ahead of that of 127.0.0.1") == true)
                #expect(ahead.first?.detail.contains("time service") == true)
                let behind = await Self.heads(gateway, ahead: .seconds(-300)).filter { !$0.isGood }.map(\.detail)
                #expect(behind.contains { $0.contains("behind that of 127.0.0.1") }, "\(behind)")
                #expect(behind.contains { $0.contains("the clock went back, or was ahead then") }, "\(behind)")
            }
        }
    }

    @Test func theDoctorSaysThatAWitnessRefusesOrIsGone() async throws {
        let witness = Witness(refusing: 1)
        try await witness.listen { port in
            try await Self.examined(port) { running in
                let found = await Self.heads(running).filter { !$0.isGood }
                #expect(found.count == 1 && found.first?.detail.contains("answered 503") == true, "\(found)")
            }
        }
        try await Self.examined(try LoopbackPort.free()) { running in
            let gone = await Self.heads(running).filter { !$0.isGood }
            #expect(gone.count == 1 && gone.first?.detail.contains("takes no deliveries") == true, "\(gone)")
            #expect(gone.first?.detail.contains("journal.sinks") == true)
        }
    }

    @Test func aWitnessThatRefusesIsAskedAgainUntilItHasTheNewestHead() async throws {
        let witness = Witness(refusing: 2)
        try await witness.listen { port in
            let test = try await Self.gateway(port: port)
            let housekeeping = Task { try await Housekeeping(test.gateway).run() }
            for _ in 0..<200 where witness.deliveries.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
            #expect(witness.refused == 2)
            let first = try #require(witness.deliveries.first)
            try Self.verify(first, port: port)
            let status = try #require(await test.gateway.headDeliveries().first)
            #expect(status.failures == 0 && status.failure == nil && status.deliveredAt != nil)
            // A change brings a newer head, and only that one is sent.
            let caller = try TestGateway.operatorCaller(test.gateway, tenant: "default")
            _ = try await test.gateway.serviceAccounts.create(name: "newer", description: nil, by: caller)
            for _ in 0..<200 where witness.deliveries.count < 2 { try await Task.sleep(for: .milliseconds(50)) }
            let sizes = try witness.deliveries.map { try Self.heads($0)[0].size }
            #expect(sizes.count >= 2 && sizes[1] > sizes[0])
            housekeeping.cancel()
            _ = try? await housekeeping.value
            try await test.close()
            #expect(try Self.heads(try #require(witness.deliveries.last))[0].size >= sizes[1])
        }
    }

    @Test func aWitnessThatIsAwayHoldsUpNeitherTheStartNorTheEnd() async throws {
        let test = try await Self.gateway(port: 1)
        let housekeeping = Task { try await Housekeeping(test.gateway).run() }
        for _ in 0..<100 {
            if await test.gateway.headDeliveries()[0].failures >= 2 { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        let status = await test.gateway.headDeliveries()[0]
        #expect(status.failures >= 2 && status.failure == "fetch.unreachable")
        let start = ContinuousClock.now
        housekeeping.cancel()
        _ = try? await housekeeping.value
        try await test.close()
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    private struct Body: Decodable {
        let version: Int
        let heads: [Head]
    }

    private struct Head: Decodable {
        let size: Int64
        let root: [UInt8]
        let signature: [UInt8]
    }

    private static func heads(_ delivery: Witness.Delivery) throws -> [Head] {
        let body = try JSONDecoder().decode(Body.self, from: Data(delivery.body))
        #expect(body.version == 1)
        return body.heads
    }

    /// As a receiver does it, from RFC 9421 §2.5 and RFC 9530.
    private static func verify(_ delivery: Witness.Delivery, port: Int) throws {
        let digest = "sha-256=:\(Data(SHA256.hash(data: delivery.body)).base64EncodedString()):"
        #expect(delivery.headers["content-digest"] == digest)
        let input = try #require(delivery.headers["signature-input"])
        let parameters = try #require(input.hasPrefix("gatehouse=") ? String(input.dropFirst(10)) : nil)
        let base = """
            "@method": POST
            "@target-uri": http://127.0.0.1:\(port)/heads
            "content-digest": \(digest)
            "content-type": application/json
            "@signature-params": \(parameters)
            """
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(base.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        #expect(delivery.headers["signature"] == "gatehouse=:\(Data(code).base64EncodedString()):")
        #expect(parameters.contains("alg=\"hmac-sha256\"") && parameters.contains(";created="))
        // The secret itself is never sent.
        #expect(!delivery.headers.values.contains { $0.contains(secret) })
        let head = try #require(try heads(delivery).first)
        #expect(head.root.count == 32 && head.signature.count == 64 && head.size > 0)
    }
}
