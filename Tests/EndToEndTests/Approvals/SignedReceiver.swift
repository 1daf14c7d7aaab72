import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import Vocabulary

/// A system on a real socket that keeps what it is sent.
final class SignedReceiver: Sendable {
    struct Call: Sendable {
        let body: AttributeValue
        let signatureInput: String
        let signature: String
        let digest: String
    }

    private let calls = Mutex<[Call]>([])
    var taken: [Call] { calls.withLock { $0 } }
    /// Everything it was told, in order.
    var notices: [AttributeValue] { taken.flatMap { $0.body["notifications"]?.list ?? [] } }

    /// Listens while the body runs, which gets the port.
    func listen(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        let router = Router()
        router.post("/hook") { request, _ in
            let bytes = Array(try await request.body.collect(upTo: 1 << 20).readableBytesView)
            func field(_ name: String) -> String { request.headers[HTTPField.Name(name)!] ?? "" }
            let call = Call(
                body: (try? JSONDecoder().decode(AttributeValue.self, from: Data(bytes))) ?? .null,
                signatureInput: field("Signature-Input"), signature: field("Signature"),
                digest: field("Content-Digest"))
            self.calls.withLock { $0.append(call) }
            return Response(status: .noContent)
        }
        try await LoopbackListener.serve(router, body)
    }
}
