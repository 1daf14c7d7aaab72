import Foundation
import Gateway
import HTTPAPI
import HTTPTypes
import Testing
import Vocabulary

@Suite("The policy document's commands, from outside", .timeLimit(.minutes(5)))
struct PolicyCommandTests {
    /// The moment at which the document's approval was given.
    private static let moment = Timestamp(rfc3339: "2025-11-08T10:00:00Z") ?? .epoch

    private static func get(_ api: TestAPI) -> (String) async throws -> AttributeValue {
        { path in
            let answer = try await api.send(.get, path)
            #expect(answer.status == 200, "\(path): \(answer.text)")
            return answer.body ?? .null
        }
    }

    @Test(
        "S0-51 S0-52 S0-53 S0-54 S0-55 S0-56 S0-57 S0-58 S0-59 S0-60 S0-61 S0-62 S0-63 S0-64 S0-65 each of the fourteen commands does over HTTP what its name says, with the document's payloads"
    )
    func http() async throws {
        let running = try await TestGateway.open(clock: { Self.moment })
        try await running.serve { api in
            let story = try PolicyCommandStory(
                run: { name, payload in
                    let answer = try await api.send(.post, "/api/v1/governance/commands/" + name, payload)
                    #expect(answer.status == 200, "\(name): \(answer.text)")
                    return GovernedStage.words(answer.body?["events"])
                }, read: Self.get(api))
            try await story.tell()
        }
    }

    // S0-51 to S0-65.
    @Test("a Swift program carries out the same fourteen commands through the service")
    func swift() async throws {
        let running = try await TestGateway.open(clock: { Self.moment })
        let gateway = running.gateway
        try await running.serve { api in
            let story = try PolicyCommandStory(
                run: { name, payload in
                    let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
                    return try await gateway.governance.execute(name, payload, by: caller).events
                }, read: Self.get(api))
            try await story.tell()
        }
    }

    // S0-51 to S0-65.
    @Test(
        "the command line carries out the same fourteen commands, and an end that has passed is refused"
    )
    func commandLine() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            let file = installed.folder + "/payload.json"
            var story = try PolicyCommandStory(
                run: { name, payload in
                    try CanonicalJSON.encode(payload).write(toFile: file, atomically: true, encoding: .utf8)
                    let printed = try await installed.done("governance", "run", name, "--file", file, "--json")
                    return GovernedStage.words(try StrictJSON.parse(Array(printed.utf8))["events"])
                },
                read: { path in
                    let answer = try await installed.ask(path)
                    #expect(answer.status == 200, "\(path): \(answer.text)")
                    return try StrictJSON.parse(Array(answer.text.utf8))
                })
            story.end = (Timestamp(seconds: Int64(Date().timeIntervalSince1970)) + .days(92)).rfc3339
            try await story.tell()
            let late = try GovernedStage.corpus("seed-000")["grant_exemption"] ?? .null
            try CanonicalJSON.encode(late).write(toFile: file, atomically: true, encoding: .utf8)
            #expect(try await installed.run("governance", "run", "grant_exemption", "--file", file).status == 1)
        }
    }

    /// The payload that each command needs least, for the policy of the story.
    private static let least: [String: AttributeValue] = [
        "create_set": ["set_id": "850e8400-e29b-41d4-a716-446655440003", "name": "n"],
        "add_to_set": [
            "set_id": "850e8400-e29b-41d4-a716-446655440003", "policy_id": .string(PolicyCommandStory.policy),
        ],
        "revoke_exemption": ["exemption_id": .string(PolicyCommandStory.exemption)],
    ]

    // S0-51 to S0-64.
    @Test(
        "each command is refused to nobody, to one without its permission, with a member it does not know, and on what is not there",
        arguments: 0..<14)
    func refusals(number: Int) async throws {
        let seed = try GovernedStage.corpus("seed-000")
        let names = GovernedStage.words(seed["commands"])
        #expect(names.count == 14)
        let name = names[number], path = "/api/v1/governance/commands/" + name
        let payload = seed[name] ?? Self.least[name] ?? ["policy_id": .string(PolicyCommandStory.policy)]
        let running = try await TestGateway.open(
            extra: """
                roles:
                  - { name: Reader, permissions: [ { action: read, type: governance } ] }
                """, clock: { Self.moment })
        let reader = try await GovernedStage.key(running.gateway, "reader", roles: ["Reader"])
        try await running.serve { api in
            #expect(try await api.send(.post, path, payload, token: .some(nil)).status == 401)
            #expect(try await api.send(.post, path, payload, token: reader).status == 403)
            guard case .object(var strange) = payload else { throw CancellationError() }
            strange["surprise"] = 1
            #expect(try await api.send(.post, path, .object(strange)).status == 400)
            if !["create", "create_set"].contains(name) {
                let missing = try await api.send(.post, path, payload)
                #expect([400, 404, 409].contains(missing.status), "\(name): \(missing.text)")
            }
            let written = try await api.send(.get, "/api/v1/audit/events?type=policy")
            #expect(written.body?["items"] == [], "\(written.text)")
        }
    }
}
