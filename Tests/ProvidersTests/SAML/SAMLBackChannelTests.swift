import Fetch
import Fixtures
import SAML
import Synchronization
import Testing
import Vocabulary

@testable import Providers

@Suite("Asking SAML peers by connections of our own") struct SAMLBackChannelTests {
    /// What was asked, and what comes of it by turns.
    private final class Way: Sendable {
        private let state: Mutex<(asked: [FetchRequest], answers: [Result<FetchResponse, Fault>])>

        init(_ answers: [Result<FetchResponse, Fault>]) { state = Mutex(([], answers)) }

        var asked: [FetchRequest] { state.withLock { $0.asked } }

        func fetch(_ request: FetchRequest) throws -> FetchResponse {
            let answer = state.withLock { state -> Result<FetchResponse, Fault> in
                state.asked.append(request)
                return state.answers.isEmpty ? .success(FetchResponse(status: 500)) : state.answers.removeFirst()
            }
            return try answer.get()
        }
    }

    private static func key() async throws -> SAMLVerificationKey {
        try SAMLVerificationKey(pem: try await CertificateTree().selfSigned("/CN=peer", key: "RSA:2048").pem())
    }

    private static let request = FetchRequest(.post, url: "https://idp.example/soap", body: [1])
    private static let refused = Fault("fetch.tls", .peer, "TLS with idp.example failed.")

    @Test("authorities are asked first; where they vouch for nobody, a key of the metadata does, and nothing else")
    func order() async throws {
        let key = try await Self.key()
        let vouched = Way([.success(FetchResponse(status: 200))])
        _ = try await SAMLBackChannel.send(Self.request, trusting: [key], by: { try vouched.fetch($0) })
        #expect(vouched.asked.map(\.serverKeys) == [[]])
        let own = Way([.failure(Self.refused), .success(FetchResponse(status: 200))])
        let answer = try await SAMLBackChannel.send(Self.request, trusting: [key], by: { try own.fetch($0) })
        #expect(answer.status == 200 && own.asked.map(\.serverKeys) == [[], [key.fingerprint]])
        #expect(own.asked.allSatisfy { $0.url == Self.request.url && $0.body == [1] })
    }

    @Test("without a key there is no second try, and no other failure makes one")
    func once() async throws {
        let key = try await Self.key()
        for (fault, keys) in [
            (Self.refused, []), (Fault("fetch.timeout", .peer, ""), [key]),
            (Fault("fetch.unreachable", .peer, ""), [key]),
        ] as [(Fault, [SAMLVerificationKey])] {
            let way = Way([.failure(fault)])
            await #expect(throws: Fault.self) {
                try await SAMLBackChannel.send(Self.request, trusting: keys, by: { try way.fetch($0) })
            }
            #expect(way.asked.count == 1, "\(fault.code)")
        }
        let twice = Way([.failure(Self.refused), .failure(Self.refused)])
        await #expect(throws: Fault.self) {
            try await SAMLBackChannel.send(Self.request, trusting: [key], by: { try twice.fetch($0) })
        }
        #expect(twice.asked.count == 2)
    }
}
