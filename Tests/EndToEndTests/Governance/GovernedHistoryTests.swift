import Foundation
import HTTPTypes
import Testing
import Vocabulary

@Suite("Why exemptions were granted and ended, and how policy sets came to be")
struct GovernedHistoryTests {
    private static let exemption: AttributeValue = "00000000-0000-7000-8000-000000000009"
    private static let policy: AttributeValue = "00000000-0000-7000-8000-000000000001"
    private static let why = "Approved by the CFO for the close of Q4"
    private static let over = "The close is over"

    /// A policy in force, somebody exempted from it, and the exemption revoked.
    private static func grantAndRevoke(_ api: TestAPI) async throws {
        #expect(try await api.send(.post, "/api/v1/people", ["login": "ada"]).status == 201)
        let ada = try #require(try await api.send(.get, "/api/v1/people/ada").body?["id"])
        try await api.enforce(rule: ["id": "no-deletion", "effect": "deny", "actions": ["delete"]], 1)
        try await api.govern(
            "grant_exemption",
            [
                "exemption_id": exemption, "policy_id": policy, "entity_id": ada, "entity_type": "person",
                "reason": .string(why), "granted_by": "mallory",
            ])
        try await api.govern("revoke_exemption", ["exemption_id": exemption, "reason": .string(over)])
    }

    @Test("S0-73 why an exemption was granted and revoked, and by whom as it is said, is read back over HTTP")
    func exemption() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            try await Self.grantAndRevoke(api)
            let place = "/api/v1/governance/exemptions"
            let one = try await api.send(.get, "\(place)/\(Self.exemption.string ?? "")")
            let listed = try await api.send(.get, place).body?["items"]?.list?.first
            for told in [one.body, listed] {
                #expect(told?["reason"] == .string(Self.why) && told?["claim"] == "mallory", "\(one.text)")
                #expect(told?["revocation_reason"] == .string(Self.over))
                #expect(told?["revoked_by"]?.string?.hasPrefix("service_account:") == true)
                #expect(told?["granted_by"]?.string?.hasPrefix("service_account:") == true, "a claim is no actor")
            }
            let path = "\(place)/\(Self.exemption.string ?? "")/history"
            let history = try await api.send(.get, path)
            let changes = history.body?["items"]?.list ?? []
            #expect(
                changes.map { $0["event"] } == ["PolicyExemptionGranted", "PolicyExemptionRevoked"], "\(history.text)")
            #expect(changes.map { $0["reason"] } == [.string(Self.why), .string(Self.over)])
            let ended = changes.last?["differences"]?.list?.first { $0["path"] == "state" }
            #expect(ended?["before"] == "active" && ended?["after"] == "revoked")
            let first = try await api.send(.get, path + "?limit=1")
            #expect(first.body?["items"]?.list?.count == 1 && first.body?["next"] != nil)
            let nothing = try await api.send(.get, "\(place)/\(Self.policy.string ?? "")/history")
            #expect(nothing.status == 404)
            let stranger = try await GovernedStage.key(running.gateway, "stranger", roles: [])
            #expect(try await api.send(.get, path, token: stranger).status == 403)
            // What was said about somebody goes with them; that it happened stays.
            #expect(try await api.send(.delete, "/api/v1/people/ada", headers: [.ifMatch: "*"]).status == 204)
            let erased = try await api.send(.get, path)
            #expect(!erased.text.contains(Self.why) && erased.text.contains("PolicyExemptionGranted"))
        }
    }

    @Test("S0-52 a policy set tells who put which policy into it and took it out, over HTTP")
    func set() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            try await api.enforce(rule: ["id": "no-deletion", "effect": "deny", "actions": ["delete"]], 1)
            let set: AttributeValue = "00000000-0000-7000-8000-000000000005"
            try await api.govern("create_set", ["set_id": set, "name": "Vote", "combination": "any"])
            try await api.govern("add_to_set", ["set_id": set, "policy_id": Self.policy])
            try await api.govern("remove_from_set", ["set_id": set, "policy_id": Self.policy])
            let place = "/api/v1/governance/policy-sets/\(set.string ?? "")"
            let history = try await api.send(.get, place + "/history")
            let changes = history.body?["items"]?.list ?? []
            #expect(
                changes.map { $0["event"] } == ["PolicySetCreated", "PolicyAddedToSet", "PolicyRemovedFromSet"],
                "\(history.text)")
            let path = AttributeValue.string("policies.\(Self.policy.string ?? "")")
            #expect(changes.dropFirst().map { $0["differences"]?.list?.first?["path"] } == [path, path])
            #expect(changes.allSatisfy { $0["actor"]?.string?.hasPrefix("service_account:") == true })
        }
    }

    @Test("S3-33 the console says why somebody is exempted, who is said to have granted it, and what became of it")
    func console() async throws {
        try await PolicyConsole.serve { console in
            try await Self.grantAndRevoke(console.api)
            try await console.open("/policies/exemptions")
            #expect(console.text.contains(Self.why))
            try await console.open("/policies/exemptions/\(Self.exemption.string ?? "")")
            for words in [Self.why, "mallory", Self.over, "policy exemption revoked", "state active → revoked"] {
                #expect(console.text.contains(words), "\(words): \(console.text)")
            }
        }
    }
}

@Suite("The command line tells why, and asks whole questions")
struct WholeQuestionCommandTests {
    private static let policy = "550e8400-e29b-41d4-a716-446655440000"
    private static let exemption = "550e8400-e29b-41d4-a716-446655440009"

    private static func enforce(_ document: String, _ installed: Installed) async throws -> String {
        let file = installed.folder + "/policy.yaml"
        try document.write(toFile: file, atomically: true, encoding: .utf8)
        // Both imports take a governed document.
        let made = try await installed.done("governance", "import", file)
        let id = try #require(made.firstMatch(of: /[0-9a-f]{8}-[0-9a-f-]{27}/)).output
        try await installed.done("governance", "run", "approve", "policy_id=\(id)")
        try await installed.done("governance", "run", "activate", "policy_id=\(id)")
        return String(id)
    }

    @Test("S0-73 the command line tells the reason of an exemption, and its history")
    func reasons() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            try await installed.done("user", "add", "ada")
            let policy = try await Self.enforce(
                "{ version: 1, name: Kept, policy_type: security, enforcement: mandatory, scope: { level: organization }, "
                    + "rules: [ { id: no, effect: deny, actions: [delete] } ] }", installed)
            let ada = try await installed.done("user", "show", "ada", "--json")
            let id = try #require(ada.firstMatch(of: /"id":"([0-9a-f-]{36})"/)).output.1
            try await installed.done(
                "governance", "run", "grant_exemption", "exemption_id=\(Self.exemption)", "policy_id=\(policy)",
                "entity_id=\(id)", "entity_type=person", "reason=A reason that is long enough", "granted_by=mallory")
            let shown = try await installed.done("governance", "exemption", "show", Self.exemption)
            #expect(shown.contains("A reason that is long enough") && shown.contains("mallory"), "\(shown)")
            #expect(try await installed.done("governance", "exemptions").contains("A reason that is long enough"))
            let history = try await installed.done("governance", "exemption", "history", Self.exemption)
            #expect(
                history.contains("PolicyExemptionGranted") && history.contains("reason: A reason that is long enough"))
            let explained = try await installed.done("explain", "ada", "delete", "page:1")
            #expect(explained.contains("exempted by \(Self.exemption)"), "\(explained)")
            let set = "550e8400-e29b-41d4-a716-446655440005"
            try await installed.done(
                "governance", "run", "create_set", "set_id=\(set)", "name=Vote", "combination=any")
            try await installed.done("governance", "run", "add_to_set", "set_id=\(set)", "policy_id=\(policy)")
            let told = try await installed.done("governance", "set", "history", set)
            #expect(told.contains("PolicyAddedToSet") && told.contains("policies.\(policy): – → yes"), "\(told)")
            #expect(try await installed.done("governance", "set", "show", set).contains(policy))
        }
    }

    @Test("S3-21 decide and explain ask with severity, context and properties, reserve, and tell window and counter")
    func questions() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            try await installed.done("user", "add", "ada")
            _ = try await Self.enforce(
                """
                version: 1
                name: Raises
                policy_type: operational
                enforcement: mandatory
                scope: { level: organization }
                rules:
                  - id: raise
                    effect: allow
                    actions: [raise]
                    resources: { types: [price] }
                    when: { equals: { resource.owner: ada } }
                    window: { days: [0, 1, 2, 3, 4, 5, 6], start: "00:00", end: "23:59" }
                    params: { deltaPct: { warn: 2, crit: 3 } }
                    limits: [ { measure: absolute, param: deltaPct, period: day, max: 3 } ]
                """, installed)
            let question = ["ada", "raise", "price:1", "--property", "owner=ada"]
            func ask(_ command: String, _ more: String...) async throws -> String {
                let outcome = try await GatehouseProgram.run(
                    [command] + question + more + ["--config", installed.configuration], folder: installed.folder)
                #expect(outcome.status == 0, "\(outcome.error)")
                return outcome.output
            }
            let bare = try await ask("explain")
            #expect(bare.contains("no severity that counts was given") && !bare.contains("was done already"), "\(bare)")
            #expect(bare.contains("missing   The question would have to give `context.severity`."))
            #expect(try await ask("decide", "--severity", "warn").hasPrefix("permit"))
            #expect(try await ask("decide", "--context", "severity=warn").hasPrefix("permit"))
            let held = try await ask("decide", "--severity", "warn", "--reserve", "--time-to-live", "60")
            #expect(held.hasPrefix("permit") && held.contains("params   {\"deltaPct\":2}"), "\(held)")
            let reservation = try #require(held.firstMatch(of: /held     ([0-9a-f-]{36}), until/)).output.1
            let full = try await ask("explain", "--severity", "warn")
            #expect(full.contains("As much of this as is allowed was done already."), "\(full)")
            for words in [
                "governed  Raises v", "/raise allow, mandatory: satisfied, decided",
                "window    every day, 00:00 to 23:59, UTC", "used 2 of 3, 1 left, asked 2: used_up",
            ] {
                #expect(full.contains(words), "\(words): \(full)")
            }
            try await installed.done("reservation", "release", String(reservation))
            #expect(try await ask("decide", "--severity", "crit").hasPrefix("permit"))
            let other = try await installed.done("decide", "ada", "raise", "price:1", "--property", "owner=bob")
            #expect(other.hasPrefix("deny"))
            for wrong in [["--context", "nothing"], ["--severity", "awful"], ["--time-to-live", "5"]] {
                let refused = try await GatehouseProgram.run(
                    ["decide"] + question + wrong + ["--config", installed.configuration], folder: installed.folder)
                #expect(refused.status == 2, "\(wrong)")
            }
        }
    }
}
