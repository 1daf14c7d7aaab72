import Foundation
import Identity
import JOSE
import OAuth
import Storage
import Synchronization
import Testing
import Vocabulary

@testable import Gateway

/// Clients whose name is the address of a document (draft-ietf-oauth-client-id-metadata-document).
@Suite("Documents of clients", .timeLimit(.minutes(2)))
struct ClientDocumentTests {
    private static let address = "https://app.example.org/client.json"

    /// What stands at addresses of the network, and who looked.
    private final class Network: Sendable {
        let state = Mutex<(documents: [String: JSONObject], looks: Int)>(([:], 0))
        var looks: Int { state.withLock(\.looks) }
        func put(_ document: JSONObject?, at address: String = ClientDocumentTests.address) {
            state.withLock { $0.documents[address] = document }
        }
        func fetch(_ address: String) throws -> [UInt8] {
            try state.withLock { state in
                state.looks += 1
                guard let document = state.documents[address] else { throw Fault("gone", .peer, "gone") }
                return document.serialized
            }
        }
    }

    private struct Stage {
        let gateway: GrantStage
        let network = Network()
        let documents: ClientDocuments

        init(takesDocuments: Bool = true) async throws {
            gateway = try await GrantStage()
            var settings = RegistrationConfiguration(nil)
            settings.takesDocuments = takesDocuments
            documents = ClientDocuments(
                store: gateway.gateway.store, table: gateway.gateway.clients, settings: settings,
                clock: gateway.clock.now
            ) { [network] address, _ in try network.fetch(address) }
        }

        func client(_ name: String = ClientDocumentTests.address) async -> OAuthClient? {
            await documents.client(name, in: gateway.tenant)
        }
    }

    private static func document(_ changes: JSONObject = [:]) -> JSONObject {
        var document: JSONObject = [
            "client_id": .string(address), "client_name": "Their application",
            "redirect_uris": ["https://app.example.org/callback"],
        ]
        for name in changes.names { document[name] = changes[name] == .null ? nil : changes[name] }
        return document
    }

    @Test("a document makes a public client, is believed for an hour, and then looked at again")
    func life() async throws {
        let stage = try await Stage()
        stage.network.put(Self.document())
        let client = try #require(await stage.client())
        #expect(client.title == "Their application" && client.metadata.authentication == .none && client.isStranger)
        #expect(client.metadata.mustUsePKCE && client.settings.asksConsent)
        for _ in 0..<3 { _ = await stage.client() }
        #expect(stage.network.looks == 1)
        stage.network.put(Self.document(["client_name": "Another name"]))
        stage.gateway.clock.advance(.hours(1) + .seconds(1))
        let later = await stage.client()
        #expect(later?.title == "Another name" && later?.id == client.id && stage.network.looks == 2)
        // One that is gone speaks for nobody any more.
        stage.network.put(nil)
        stage.gateway.clock.advance(.hours(1) + .seconds(1))
        #expect(await stage.client() == nil)
        #expect(await stage.client() == nil && stage.network.looks == 3, "nor a moment later")
        try await stage.gateway.gateway.clientService.setDisabled(
            Self.address, true, by: stage.gateway.gateway.root)
        stage.network.put(Self.document())
        stage.gateway.clock.advance(.hours(2))
        #expect(await stage.client() == nil)
        try await stage.gateway.gateway.close()
    }

    @Test("a document that speaks for somebody else, or says too much, makes no client")
    func refused() async throws {
        let stage = try await Stage()
        let wrong: [JSONObject] = [
            ["client_id": "https://other.example.org/client.json"],
            ["redirect_uris": ["https://bank.example.org/callback"]], ["client_secret": "s"],
            ["token_endpoint_auth_method": "client_secret_basic"], ["redirect_uris": .null],
            ["grant_types": ["client_credentials"]],
        ]
        for changes in wrong {
            stage.network.put(Self.document(changes))
            #expect(await stage.client() == nil, "\(changes.names)")
            stage.gateway.clock.advance(.seconds(31))
        }
        // Nobody makes us look again and again.
        let before = stage.network.looks
        for _ in 0..<10 { _ = await stage.client() }
        #expect(stage.network.looks == before + 1)
        for name in [
            "http://app.example.org/client.json", "https://127.0.0.1/client.json", "https://localhost/client.json",
            "https://app.example.org/", "https://app.example.org:8443/client.json",
            "https://app.example.org/client.json#a", "https://user@app.example.org/client.json",
        ] { #expect(await stage.client(name) == nil, "\(name)") }
        #expect(stage.network.looks == before + 1)
        try await stage.gateway.gateway.close()
    }

    @Test("where documents are not taken nobody looks, and no address inside is ever called")
    func guarded() async throws {
        let stage = try await Stage(takesDocuments: false)
        stage.network.put(Self.document())
        #expect(await stage.client() == nil && stage.network.looks == 0)
        let servers = try ClientServers(caFile: nil, clock: stage.gateway.clock.now)
        for address in [
            "https://127.0.0.1/x", "https://localhost/x", "https://10.1.2.3/x", "https://169.254.169.254/latest",
            "https://[::ffff:127.0.0.1]/x", "http://127.0.0.1/x",
        ] {
            await #expect(throws: (any Error).self, "\(address)") {
                _ = try await servers.fetchStrange(address, bytes: 100)
            }
        }
        servers.shutdown()
        try await stage.gateway.gateway.close()
    }
}
