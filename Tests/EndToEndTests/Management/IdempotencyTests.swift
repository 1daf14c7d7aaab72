import Foundation
import Gateway
import HTTPTypes
import Testing
import Vocabulary

// draft-ietf-httpapi-idempotency-key-header §2.
@Suite("A command under one Idempotency-Key has one effect")
struct IdempotencyTests {
    private static func headers(_ key: String) -> HTTPFields { [HTTPField.Name("Idempotency-Key")!: "\"\(key)\""] }

    @Test func aRepetitionHasTheFirstAnswerAndTheJournalOneCommand() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let key = UUID().uuidString.lowercased()
            let headers = Self.headers(key)
            let first = try await api.send(.post, "/api/v1/people", ["login": "ada"], headers: headers)
            let again = try await api.send(.post, "/api/v1/people", ["login": "ada"], headers: headers)
            #expect(first.status == 201)
            #expect(again.status == 201)
            #expect(again.body == first.body)
            #expect(again.headers[.location] == first.headers[.location])
            #expect(again.headers[.eTag] == first.headers[.eTag])
            let events = try await api.send(.get, "/api/v1/audit/events?type=person.created&limit=200")
            #expect(events.body?["items"]?.list?.compactMap { $0["command"]?.string } == [key])
            // Another request under the key, another tenant's caller aside, is a mistake and said to be one.
            #expect(try await api.send(.post, "/api/v1/people", ["login": "bob"], headers: headers).status == 422)
            #expect(try await api.send(.post, "/api/v1/groups", ["name": "ada"], headers: headers).status == 422)
        }
    }

    @Test func aRefusedCommandMayBeRepaired() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api async throws in
            let headers = Self.headers(UUID().uuidString)
            #expect(try await api.send(.post, "/api/v1/people", ["login": "  "], headers: headers).status == 400)
            #expect(try await api.send(.post, "/api/v1/people", ["login": "ada"], headers: headers).status == 201)
        }
    }

    @Test func answersWithSecretsAndOfErasedPeopleAreNotKept() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let keys = "/api/v1/service-accounts/tests/keys"
            let headers = Self.headers(UUID().uuidString)
            #expect(try await api.send(.post, keys, ["name": "k"], headers: headers).status == 201)
            #expect(try await api.send(.post, keys, ["name": "k"], headers: headers).status == 409)
            #expect(try await api.send(.get, keys).body?["items"]?.list?.count == 2)
            let other = Self.headers(UUID().uuidString)
            #expect(try await api.send(.post, "/api/v1/people", ["login": "ada"], headers: other).status == 201)
            #expect(try await api.send(.delete, "/api/v1/people/ada").status == 204)
            let replayed = try await api.send(.post, "/api/v1/people", ["login": "ada"], headers: other)
            #expect(replayed.status == 409)
            #expect(try await api.send(.get, "/api/v1/people/ada").status == 404)
        }
    }

    @Test func ofTwoAtOnceOneIsCarriedOut() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let headers = Self.headers(UUID().uuidString)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await api.send(.post, "/api/v1/groups", ["name": "g"], headers: headers).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.allSatisfy { $0 == 201 || $0 == 409 })
            #expect(statuses.contains(201))
            #expect(try await api.send(.get, "/api/v1/groups").body?["items"]?.list?.count == 1)
        }
    }

    @Test func whatIsNoKeyIsRefused() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let name = HTTPField.Name("Idempotency-Key")!
            for value in ["x", UUID().uuidString, "\"x\"", "\"\(UUID().uuidString)"] {
                let answer = try await api.send(.post, "/api/v1/groups", ["name": "g"], headers: [name: value])
                #expect(answer.status == 400, "\(value)")
            }
            #expect(try await api.send(.get, "/api/v1/groups").body?["items"]?.list?.isEmpty == true)
        }
    }
}
