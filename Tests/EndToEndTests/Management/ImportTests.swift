import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("People come with the hashes of the passwords they had")
struct ImportTests {
    // Made with bcrypt, Django and argon2-cffi for this password.
    private static let password = SecretText("correct horse battery staple")
    private static let hashes = [
        "bcrypt": "$2b$04$qalt88xltWOSjLaDaqNIxeJ0lrFV8zQ1aZKaGCNDvz4knQmTDrmHS",
        "pbkdf2-sha256": "pbkdf2_sha256$1000$saltsaltsalt$KQDle8SXZRa7sBUZQfkYQI6NXnZxupxhxtm+aXnClyg=",
        "argon2id": "$argon2id$v=19$m=64,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gAwJW5vx5itn2V9KHlEUjyUCrpDYgKyQf0gMaHGx1h4",
    ]
    private static let path = "/api/v1/people/import"

    @Test func anImportedHashSignsInOnceAndIsThenOurOwn() async throws {
        let running = try await TestGateway.open()
        let gateway = running.gateway
        try await running.serve { api in
            let rows = Self.hashes.map { format, hash -> AttributeValue in
                ["login": .string(format), "password_hash": .string(hash)]
            }
            let body: AttributeValue = ["people": .list(rows)]
            let report = try await api.send(.post, Self.path, body)
            #expect(report.status == 200)
            #expect(report.body?["accepted"] == 3)
            #expect(!Self.hashes.values.contains { report.text.contains($0) })
            let tenant = try #require(gateway.tenants.defaultTenant).id
            for format in Self.hashes.keys {
                let person = try await gateway.people.person(named: format, in: tenant).id
                let wrong = SecretText("correct horse battery stapl")
                #expect(try await gateway.credentials.verifyPassword(wrong, of: person, in: tenant) == .mismatched)
                for _ in 0..<2 {
                    let outcome = try await gateway.credentials.verifyPassword(Self.password, of: person, in: tenant)
                    #expect(outcome == .matched(mustChange: nil), "\(format)")
                }
            }
            let rehashed = try await api.send(.get, "/api/v1/audit/events?type=password.rehashed")
            #expect(rehashed.body?["items"]?.list?.count == 3)
            let imported = try await api.send(.get, "/api/v1/audit/events?type=password.imported")
            let formats = imported.body?["items"]?.list?.compactMap { $0["facts"]?["format"]?.string }
            #expect(Set(formats ?? []) == Set(Self.hashes.keys))
        }
    }

    @Test func aRefusedRowKeepsNoOtherOutAndADryRunChangesNothing() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            #expect(try await api.send(.post, "/api/v1/people", ["login": "there"]).status == 201)
            let people: [AttributeValue] = [
                ["login": "ada", "must_change": true, "password_hash": .string(Self.hashes["bcrypt"] ?? "")],
                ["login": "THERE"], ["login": "Ada"], ["login": "bob", "password_hash": "secret123"],
                ["login": "eve", "password_hash": "$2b$15$qalt88xltWOSjLaDaqNIxeJ0lrFV8zQ1aZKaGCNDvz4knQmTDrmHS"],
                ["login": "zoe"],
            ]
            let states = ["", "refused", "refused", "refused", "refused", ""]
            for (isDry, word) in [(true, "acceptable"), (false, "created")] {
                let body: AttributeValue = ["people": .list(people), "dry_run": .bool(isDry)]
                let report = try await api.send(.post, Self.path, body)
                let seen = report.body?["rows"]?.list?.compactMap { $0["state"]?.string }
                #expect(seen == states.map { $0.isEmpty ? word : $0 }, "\(report.text)")
                #expect(report.body?["refused"] == 4)
                #expect(!report.text.contains("secret123"))
                let there = try await api.send(.get, "/api/v1/people").body?["items"]?.list?.count
                #expect(there == (isDry ? 1 : 3))
            }
        }
    }

    @Test func oneRowTooManyAndARowThatIsNoneAreRefused() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api async throws in
            let many = (0...1_000).map { ["login": .string("p\($0)")] as AttributeValue }
            #expect(try await api.send(.post, Self.path, ["people": .list(many)]).status == 400)
            #expect(try await api.send(.post, Self.path, ["people": []]).status == 400)
            #expect(try await api.send(.post, Self.path, ["people": [["login": "a", "password": "x"]]]).status == 400)
            #expect(try await api.send(.get, "/api/v1/people").body?["items"] == [])
        }
    }
}
