import Gateway
import HTTPTypes
import Testing
import Vocabulary

@Suite("The API keeps to HTTP")
struct HTTPContractTests {
    // RFC 9110 §9.3.2, §9.3.7, §15.5.6.
    @Test func headOptionsAndWrongMethodsAreAnswered() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let read = try await api.send(.get, "/api/v1/roles/Admin")
            let head = try await api.send(.head, "/api/v1/roles/Admin")
            #expect(head.status == 200)
            #expect(head.text.isEmpty)
            #expect(head.headers[.eTag] == read.headers[.eTag])
            #expect(head.headers[.contentLength] == "\(read.text.utf8.count)")
            #expect(try await api.send(.head, "/api/v1/roles/Nobody").status == 404)
            #expect(try await api.send(.head, "/api/v1/roles/Admin", token: .some(nil)).status == 401)
            let options = try await api.send(.options, "/api/v1/roles/Admin", token: .some(nil))
            #expect(options.status == 204)
            #expect(options.headers[.allow] == "DELETE, GET, HEAD, OPTIONS, PATCH")
            let wrong = try await api.send(.put, "/api/v1/roles/Admin")
            #expect(wrong.status == 405)
            #expect(wrong.headers[.allow] == options.headers[.allow])
            #expect(try await api.send(.head, "/api/v1/decide").status == 405)
            #expect(try await api.send(.trace, "/api/v1/decide").status == 405)
            let query = try #require(HTTPRequest.Method("QUERY"))
            #expect(try await api.send(query, "/api/v1/decide").status == 405)
        }
    }

    // RFC 9110 §13.1.1, RFC 6585 §3.
    @Test func preconditionsAreJudgedBeforeTheBodyAndHeldToTheVersion() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let made = try await api.send(.post, "/api/v1/roles", ["name": "Reader"])
            let path = "/api/v1/roles/Reader"
            let tag = try #require(made.headers[.eTag])
            #expect(tag == "\"v1\"")
            // Without If-Match the body, which is no JSON at all, is not even looked at.
            let withoutTag = try await api.send(.patch, path, "x", headers: [.contentType: "text/plain"])
            #expect(withoutTag.status == 428)
            #expect(try await api.send(.patch, path, ["name": "A"], headers: [.ifMatch: "\"v2\""]).status == 412)
            #expect(try await api.send(.patch, path, ["name": "A"], headers: [.ifMatch: "W/\"v1\""]).status == 412)
            #expect(try await api.send(.patch, path, ["name": "A"], headers: [.ifMatch: "v1"]).status == 412)
            #expect(try await api.send(.delete, path, headers: [.ifMatch: "\"v9\""]).status == 412)
            let two = HTTPFields([.init(name: .ifMatch, value: "\"v8\", \"v1\"")])
            #expect(try await api.send(.patch, path, ["protected": true], headers: two).headers[.eTag] == "\"v2\"")
            #expect(try await api.send(.patch, path, ["protected": false], headers: [.ifMatch: "*"]).status == 200)
            #expect(try await api.send(.delete, path, headers: [.ifMatch: "\"v3\""]).status == 204)
            #expect(try await api.send(.get, path).status == 404)
        }
    }

    @Test func aPolicyIsCreatedOnceOrReplacedKnowingly() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let path = "/api/v1/policies/house"
            let document: AttributeValue = ["version": 1, "policies": []]
            // A tag of a document that is not there, even one that cannot be read, must not create it.
            #expect(try await api.send(.put, path, document, headers: [.ifMatch: "\"v1\""]).status == 412)
            #expect(try await api.send(.put, path, document, headers: [.ifMatch: "*"]).status == 412)
            let made = try await api.send(.put, path, document, headers: [.ifNoneMatch: "*"])
            #expect(made.status == 200)
            #expect(try await api.send(.put, path, document, headers: [.ifNoneMatch: "*"]).status == 412)
            #expect(try await api.send(.put, path, document, headers: [.ifMatch: "nonsense"]).status == 412)
            let id = try #require(made.body?["id"]?.string)
            #expect(try await api.send(.get, "/api/v1/policies/\(id)").body == made.body)
            #expect(try await api.send(.delete, path, headers: [.ifMatch: "\"v7\""]).status == 412)
            #expect(try await api.send(.delete, path).status == 204)
        }
    }

    @Test func queriesAreHeldToWhatTheRouteReads() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let people = "/api/v1/people"
            for query in [
                "?serach=a", "?limit=x", "?limit=0", "?limit=201", "?limit=5&limit=5", "?cursor=", "?search=%",
            ] {
                let answer = try await api.send(.get, people + query)
                #expect(answer.status == 400, "\(query)")
                #expect(answer.headers[.contentType] == "application/problem+json")
            }
            let many = (0..<65).map { "a\($0)=1" }.joined(separator: "&")
            #expect(try await api.send(.get, "\(people)?\(many)").text.contains("more than 64"))
            #expect(try await api.send(.get, "/api/v1/decisions?outcome=maybe").status == 400)
            #expect(try await api.send(.get, "/api/v1/decisions?from=yesterday").status == 400)
            #expect(try await api.send(.get, "\(people)?limit=1&search=").status == 200)
        }
    }

    // RFC 3986 §2.1, §3.3.
    @Test func namesInPathsAreDecodedOnce() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let role = try await api.send(.post, "/api/v1/roles", ["name": "a b+c/d%41"])
            let id = try #require(role.body?["id"]?.string)
            #expect(try await api.send(.get, "/api/v1/roles/a%20b+c%2Fd%2541").body?["id"]?.string == id)
            #expect(try await api.send(.get, "/api/v1/roles/a%20b%20c%2Fd%2541").status == 404)
            #expect(try await api.send(.get, "/api/v1/roles/a%20b+c%2Fd%41").status == 404)
            for broken in ["%", "%4", "%zz", "%00", "%ff"] {
                #expect(try await api.send(.get, "/api/v1/roles/\(broken)").status == 404)
            }
        }
    }

    @Test func bodiesAreHeldToTheirSchema() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let rows: [(String, AttributeValue, String)] = [
                ("/api/v1/people", ["login": "a", "mail": 7], "`mail` must be text or null."),
                ("/api/v1/people", ["mail": "a@b"], "`login` is missing."),
                ("/api/v1/people", [], "The body must be an object."),
                (
                    "/api/v1/roles", ["name": "R", "permissions": [["action": "read"]]],
                    "`permissions[0].type` is missing."
                ),
                ("/api/v1/roles", ["name": ""], "`name` has at least 1 character."),
                ("/api/v1/tenants", ["slug": "a", "name": .string(String(repeating: "n", count: 257))], "at most 256"),
                ("/api/v1/organization-units", ["level": "club", "name": "x"], "`level` must be one of"),
                ("/api/v1/service-accounts/tests/keys", ["name": "k", "lifetime_days": 367], "at most 366"),
                (
                    "/api/v1/assignments", ["person": "a", "role": "Admin", "expires_at": "tomorrow"],
                    "`expires_at` must be an RFC 3339 date-time."
                ),
            ]
            for (path, body, sentence) in rows {
                let answer = try await api.send(.post, path, body)
                #expect(answer.status == 400, "\(path)")
                #expect(answer.body?["detail"]?.string?.contains(sentence) == true, "\(answer.text)")
            }
            let patch = HTTPFields([
                .init(name: .contentType, value: "application/merge-patch+json"), .init(name: .ifMatch, value: "*"),
            ])
            #expect(try await api.send(.post, "/api/v1/groups", ["name": "g"], headers: patch).status == 415)
            let person = try await api.send(.post, "/api/v1/people", ["login": "ada", "department": "x"])
            let path = try #require(person.headers[.location])
            let changed = try await api.send(.patch, path, ["department": .null], headers: patch)
            #expect(changed.status == 200)
            #expect(changed.body?["department"] == nil)
        }
    }
}
