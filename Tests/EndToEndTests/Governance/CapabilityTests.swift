import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// The document's switches: what is off is refused and not shown, and weakens nothing.
@Suite("Capabilities that are switched on and off")
struct CapabilityTests {
    /// A page of the API that belongs to each.
    private static let pages: [Capability: String] = [
        .roles: "/api/v1/roles", .userManagement: "/api/v1/people",
        .approvalWorkflows: "/api/v1/governance/approvals", .complianceReporting: "/api/v1/compliance/frameworks",
        .identityIntegration: "/api/v1/providers", .policyEnforcement: "/api/v1/governance/policies",
    ]

    private static func settings(_ words: [String], _ more: String = "") -> String {
        "governance: { capabilities: [\(words.joined(separator: ", "))]\(more) }"
    }

    private static func without(_ off: Capability, _ more: String = "") -> String {
        settings(Capability.allCases.filter { $0 != off }.map(\.rawValue), more)
    }

    private func expect(on: Set<Capability>, _ api: TestAPI) async throws {
        for (capability, page) in Self.pages {
            let answer = try await api.send(.get, page)
            #expect(answer.status == (on.contains(capability) ? 200 : 403), "\(page): \(answer.text)")
            if !on.contains(capability) {
                #expect(answer.body?["code"] == "capability.denied")
                #expect(answer.text.contains(capability.rawValue), "\(answer.text)")
            }
        }
    }

    @Test("S4-01 the document's five capabilities are on, and the one that it leaves out is off")
    func document() async throws {
        let seed = try #require(try GovernedStage.corpus("seed-004")["configuration"])
        let words = GovernedStage.words(seed["enabled_capabilities"]).map { $0.lowercased() }
        #expect(words.count == 5)
        let running = try await TestGateway.open(
            extra: Self.settings(words, ", require_approval_for_production: true, enforce_policies: true"))
        try await running.serve { api in
            try await expect(on: Set(words.compactMap(Capability.init)), api)
            // What belongs to none of them is always there.
            #expect(try await api.send(.get, "/api/v1/governance/entitlements").status == 200)
            #expect(try await api.send(.get, "/api/v1/audit/events").status == 200)
        }
        let all = try await TestGateway.open()
        try await all.serve { api in try await expect(on: Set(Capability.allCases), api) }
    }

    @Test(
        "each can be off alone, on the console too, and a word that is none is a fault", arguments: Capability.allCases)
    func each(off: Capability) async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local + "\n" + Self.without(off))
        try await running.serve { api in
            try await expect(on: Set(Capability.allCases).subtracting([off]), api)
            let sections: [Capability: [String]] = [
                .roles: ["/roles"], .userManagement: ["/people", "/groups", "/organization", "/service-accounts"],
                .approvalWorkflows: ["/approvals"], .complianceReporting: ["/reports"],
                .identityIntegration: ["/providers", "/directory-jobs"],
                .policyEnforcement: ["/policies", "/policies/sets", "/policies/exemptions", "/policies/simulator"],
            ]
            let adele = try await ConsolePerson.signIn("adele", running.gateway, api)
            try await adele.open("")
            let menu = adele.page
            for (capability, places) in sections {
                for place in places {
                    #expect(menu.contains("href=\"/admin\(place)\"") == (capability != off), "\(place)")
                }
            }
            try await adele.open(sections[off]?.first ?? "")
            #expect(adele.status == 403)
        }
        let faults = await #expect(throws: ConfigurationFaults.self) {
            _ = try await TestGateway.open(extra: Self.settings([off.rawValue, "blockchain"]))
        }
        #expect(faults?.description.contains("governance.capabilities") == true, "\(String(describing: faults))")
    }

    @Test("without approvals what needs one is refused, and nobody is asked")
    func approvals() async throws {
        let healer = "roles:\n  - { name: Healer, permissions: [{ action: evaluate, type: decision }] }\n"
        let running = try await TestGateway.open(
            extra: healer + Self.without(.approvalWorkflows, ", require_approval_for_production: true"))
        let key = try await GovernedStage.key(running.gateway, "healer", roles: ["Healer"])
        try await running.serve { api in
            try await api.enforce(rule: ["id": "everything", "effect": "allow"], 9)
            let request = try #require(try GovernedStage.corpus("seed-004")["request"])
            let review = try await api.send(.post, "/api/v1/governance/evaluate", request, token: key)
            #expect(review.body?["allowed"] == false && review.body?["approval_required"] == true, "\(review.text)")
            #expect(review.body?["approval_request_id"] == .null)
            let tenant = try TestGateway.operatorCaller(running.gateway, tenant: "default").tenant
            #expect(try await running.gateway.approvals.approvals(in: tenant).isEmpty)
            let wish: AttributeValue = ["entitlement_id": "00000000-0000-7000-8000-000000000009"]
            let asked = try await api.send(.post, "/api/v1/governance/access-requests", wish)
            #expect(asked.status == 403 && asked.body?["code"] == "capability.denied", "\(asked.text)")
            #expect(try await api.send(.get, "/access-request", token: .some(nil)).status == 404)
        }
    }

    @Test("without the enforcement of policies they only log, as without enforce_policies")
    func enforcement() async throws {
        let reader = """
            roles:
              - { name: Reader, permissions: [ { action: read, type: page } ] }

            """
        for (extra, isPermitted) in [("", false), (Self.without(.policyEnforcement), true)] {
            let running = try await TestGateway.open(extra: reader + extra)
            try await running.serve { api in
                let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
                let id = AttributeValue.string("00000000-0000-7000-8000-000000000001")
                for (command, payload) in [
                    (
                        "create",
                        [
                            "policy_id": id, "name": "Closed", "policy_type": "Security", "enforcement": "Mandatory",
                            "scope": "Organization",
                        ]
                    ),
                    (
                        "add_rule",
                        [
                            "policy_id": id, "rule_id": id,
                            "rule": [
                                "id": "closed", "effect": "deny", "resources": ["types": ["page"]],
                            ],
                        ]
                    ),
                    ("approve", ["policy_id": id]), ("activate", ["policy_id": id]),
                ] as [(String, AttributeValue)] {
                    var caller = caller
                    caller.command = CommandID.random(at: SystemClock.now())
                    _ = try await running.gateway.governance.execute(command, payload, by: caller)
                }
                #expect(try await api.send(.post, "/api/v1/service-accounts", ["name": "ada"]).status == 201)
                let grant: AttributeValue = ["service_account": "ada", "role": "Reader"]
                #expect(try await api.send(.post, "/api/v1/assignments", grant).status == 201)
                let question: AttributeValue = [
                    "subject": "ada", "subject_type": "service_account", "action": "read", "resource_type": "page",
                    "resource": "/a",
                ]
                let answer = try await api.send(.post, "/api/v1/decide", question)
                #expect(answer.body?["decision"] == .bool(isPermitted), "\(answer.text)")
            }
        }
    }

    @Test("without identity providers nobody signs in through a directory, and none is read")
    func directories() async throws {
        try await WatchedDirectory.serving { directory in
            let running = try await directory.gateway(extra: Self.without(.identityIntegration))
            try await running.serve { api in
                let web = WebPerson(api.client)
                try await web.open(WebPerson.gateway + "/login")
                #expect(!web.page.contains("Works"))
                #expect(try await api.send(.post, "/api/v1/sync-runs", ["provider": "corp"]).status == 403)
                let tenant = try TestGateway.operatorCaller(running.gateway, tenant: "default").tenant
                #expect(running.gateway.providers.enabled(in: tenant).map(\.configuration.key) == ["local"])
            }
        }
    }
}
