import Fixtures
import HTTPTypes
import Testing
import Vocabulary

@Suite(
    "What somebody else manages is changed there, and the refusal says where", .enabled(if: SlapdServer.isInstalled),
    .timeLimit(.minutes(2)))
struct OwnershipTests {
    private static let any: HTTPFields = [.ifMatch: "*"]

    private func expectOwned(
        _ answer: TestAPI.Answer, by owner: String, naming attribute: String? = nil
    ) {
        #expect(answer.status == 409, "\(answer.text)")
        #expect(answer.headers[.contentType]?.hasPrefix("application/problem+json") == true)
        #expect(answer.body?["code"] == "ownership.conflict")
        let detail = answer.body?["detail"]?.string ?? ""
        #expect(detail.contains("managed by \(owner)"), "\(detail)")
        if let attribute { #expect(detail.contains(attribute), "\(detail)") }
    }

    @Test func aPersonAndAGroupOfTheDirectoryAreNotChangedHere() async throws {
        try await WatchedDirectory.serving { directory in
            let running = try await directory.gateway()
            try await running.serve { api in
                let ran = try await api.send(.post, "/api/v1/sync-runs", ["provider": "corp"])
                #expect(ran.body?["state"] == "done", "\(ran.text)")
                let before = try await api.send(.get, "/api/v1/people/alice")
                #expect(before.body?["managed_by"] == "sync")
                let path = "/api/v1/people/alice"
                for attribute in ["mail", "login", "display_name"] {
                    let change: AttributeValue = .object([attribute: "eve@example.org"])
                    expectOwned(
                        try await api.send(.patch, path, change, headers: Self.any), by: "sync", naming: attribute)
                }
                let groups = try await api.send(.get, "/api/v1/groups?limit=200").body?["items"]?.list ?? []
                let twins = try #require(groups.first { $0["name"] == "twins" }?["id"]?.string)
                expectOwned(
                    try await api.send(.patch, "/api/v1/groups/\(twins)", ["name": "mine"], headers: Self.any),
                    by: "sync")
                expectOwned(try await api.send(.delete, "/api/v1/groups/\(twins)"), by: "sync")
                #expect(try await api.send(.get, path).body == before.body)
                // Somebody who is this gateway's own is changed by the same request.
                #expect(try await api.send(.post, "/api/v1/people", ["login": "own"]).status == 201)
                let own = try await api.send(
                    .patch, "/api/v1/people/own", ["display_name": "Own"], headers: Self.any)
                #expect(own.status == 200)
            }
        }
    }

    @Test func aRoleOfTheConfigurationIsNotChangedHere() async throws {
        let running = try await TestGateway.open(
            extra: """
                roles:
                  - { name: Reader, permissions: [ { action: read, type: page } ] }
                """)
        try await running.serve { api in
            let before = try await api.send(.get, "/api/v1/roles/Reader")
            #expect(before.body?["managed_by"] == "configuration")
            let path = "/api/v1/roles/Reader"
            let change: AttributeValue = ["permissions": [["action": "write", "type": "page"]]]
            expectOwned(try await api.send(.patch, path, change, headers: Self.any), by: "configuration")
            expectOwned(try await api.send(.delete, path), by: "configuration")
            #expect(try await api.send(.get, path).body == before.body)
        }
    }
}
