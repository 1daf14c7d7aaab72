import Foundation
import GatehouseClient
import Synchronization

/// A gateway whose answers a test writes down, and which remembers what it was asked.
final class ScriptedGateway: Sendable {
    private let asked = Mutex<[TransportRequest]>([])
    private let answer: @Sendable (TransportRequest) throws -> TransportAnswer

    init(_ answer: @escaping @Sendable (TransportRequest) throws -> TransportAnswer) { self.answer = answer }

    convenience init(_ json: String, status: Int = 200) {
        self.init { _ in TransportAnswer(status: status, body: Data(json.utf8)) }
    }

    var requests: [TransportRequest] { asked.withLock { $0 } }

    func client(cache: Duration = .seconds(5), entries: Int = 100) throws -> GatehouseClient {
        let configuration = try ClientConfiguration(
            issuer: "https://id.example.org/t/acme", apiKey: APIKey("gh_key"), cacheBound: cache, cacheEntries: entries)
        return GatehouseClient(configuration: configuration) { [self] request in
            asked.withLock { $0.append(request) }
            return try answer(request)
        }
    }
}

extension TransportRequest {
    var text: String { String(decoding: body, as: UTF8.self) }
}
