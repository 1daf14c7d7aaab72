import Fixtures
import Foundation
import Gateway
import Testing
import Vocabulary

@Suite("The console's pages about policies")
struct PolicyPagesTests {
    @Test("S3-33 a policy is made, changed, put in force, taken out of it and archived, all on pages")
    func life() async throws {
        try await PolicyConsole.serve { console in
            let policy = try await console.draft([
                "name": "Documents stay", "description": "Nobody deletes one.", "policy_type": "compliance",
                "enforcement": "critical", "level": "organization", "framework.soc2": "on", "timezone": "Europe/Berlin",
            ])
            for words in ["Documents stay", "Nobody deletes one.", "Critical", "Compliance", "SOC 2", "Europe/Berlin"] {
                #expect(console.text.contains(words), "\(words)")
            }
            try await console.addRule(policy, PolicyConsole.rule)
            #expect(console.text.contains("The rule is added.") && console.text.contains("delete on document"))
            #expect(console.page.contains("<span class=\"badge caution\">Policy: Denied by rule</span>"))
            try await console.open(policy + "/details")
            try await console.submit(policy + "/details", ["name": "Documents are kept", "framework.gdpr": "on"])
            #expect(console.text.contains("Documents are kept") && console.text.contains("GDPR"))
            let steps = [
                ("submit-for-review", "Draft"), ("approve", "Approved"), ("activate", "Active"),
                ("suspend", "Suspended"), ("resume", "Active"), ("revoke", "Revoked"), ("archive", "Archived"),
            ]
            for (step, state) in steps {
                try await console.move(policy, step)
                #expect(console.person.status == 200 && console.text.contains("State \(state)"), "\(step)")
            }
            try await console.open("/policies?state=archived&enforcement=critical&q=KEPT")
            #expect(console.text.contains("Documents are kept"))
        }
    }

    @Test("S3-33 the list is narrowed by state, type, enforcement, scope and words, and refuses what it does not know")
    func filters() async throws {
        try await PolicyConsole.serve { console in
            _ = try await console.draft(["name": "One", "policy_type": "security", "enforcement": "advisory"])
            _ = try await console.draft(["name": "Two", "policy_type": "privacy", "level": "team"])
            let found = [
                "state=draft": [true, true], "state=active": [false, false], "type=security": [true, false],
                "enforcement=mandatory": [false, true], "enforcement=advisory": [true, false],
                "scope=team": [false, true],
                "q=tWO": [false, true], "type=privacy&enforcement=advisory": [false, false],
            ]
            for (query, shown) in found {
                try await console.open("/policies?" + query)
                #expect([console.page.contains(">One<"), console.page.contains(">Two<")] == shown, "\(query)")
            }
            for query in ["state=alive", "enforcement=strict", "type=x", "scope=x"] {
                try await console.open("/policies?" + query)
                #expect(console.person.status == 400, "\(query)")
            }
        }
    }

    @Test("S3-33 rules are edited, moved and removed; their order and what they say are seen at once")
    func rules() async throws {
        try await PolicyConsole.serve { console in
            let policy = try await console.draft(["name": "Rules"])
            try await console.addRule(policy, PolicyConsole.rule)
            try await console.addRule(policy, "id: second\neffect: log_only\nactions: [read]")
            let ids = console.page.matches(of: /policies\/[0-9a-f-]{36}\/rules\/([0-9a-f-]{36})"/).map {
                String($0.output.1)
            }
            #expect(ids.count == 2)
            #expect(console.text.contains("Rule 1: no-deletes") && console.text.contains("Rule 2: second"))
            try await console.submit(policy + "/rules/\(ids[1])/earlier")
            #expect(console.text.contains("Rule 1: second") && console.text.contains("Rule 2: no-deletes"))
            try await console.open(policy + "/rules/\(ids[1])")
            try await console.submit(
                policy + "/rules/\(ids[1])",
                ["rule": #"{"id": "second", "effect": "step_up", "require": {"acr": "aal2"}}"#])
            #expect(console.text.contains("Asks for a stronger sign-in") && console.text.contains("two factors"))
            try await console.open(policy + "/rules/\(ids[0])/remove")
            try await console.submit(policy + "/rules/\(ids[0])/remove")
            #expect(console.text.contains("The rule is removed.") && !console.text.contains("Rule 2"))
        }
    }

    @Test("what the state machine refuses the page refuses, and says both states")
    func refusedMoves() async throws {
        try await PolicyConsole.serve { console in
            let policy = try await console.draft(["name": "Stays"])
            #expect(!console.page.contains(policy + "/archive"), "no way that leads nowhere is offered")
            try await console.open(policy + "/archive")
            #expect(console.text.contains("It is draft; to become archived it has to be suspended or revoked."))
            // The page was opened in time, and somebody else was quicker.
            try await console.open(policy + "/approve")
            let id = AttributeValue.string(String(policy.dropFirst("/policies/".count)))
            try await console.api.govern("approve", ["policy_id": id])
            try await console.submit(policy + "/approve", ["reason": "The same, later."])
            #expect(console.person.status == 412 && console.text.contains("You opened version 1"))
            #expect(console.text.contains("It is approved; to become approved it has to be draft."))
            try await console.open(policy + "/details")
            #expect(console.text.contains("It is approved; details are changed in a draft only."))
        }
    }

    @Test("S4-45 every version says who, when, why and what is different, and two are compared line by line")
    func versions() async throws {
        try await PolicyConsole.serve { console in
            let policy = try await console.draft(["name": "Before", "enforcement": "advisory"])
            try await console.open(policy + "/details")
            try await console.submit(
                policy + "/details", ["name": "After", "enforcement": "critical", "reason": "The auditors asked."])
            try await console.addRule(policy, PolicyConsole.rule)
            try await console.move(policy, "approve", reason: "Two of us read it.")
            for words in ["The auditors asked.", "Two of us read it.", "adele", "Before → After", "policy approved"] {
                #expect(console.text.contains(words), "\(words)")
            }
            try await console.open(policy + "/versions?from=1&to=3")
            for line in ["- enforcement: \"advisory\"", "+ enforcement: critical", "- name: Before", "+ name: After"] {
                let plain = line.replacing("\"", with: "")
                #expect(console.text.contains(plain), "\(plain)")
            }
            #expect(console.page.contains("<ins>+ rules.no-deletes.effect: &quot;deny&quot;</ins>"))
            #expect(!console.text.contains("+ state: approved"), "that came later")
            try await console.open(policy + "/versions?from=1&to=9")
            #expect(console.person.status == 400)
        }
    }

    @Test("what is in force is changed by a successor with the same rules, which takes its place when it is activated")
    func successor() async throws {
        try await PolicyConsole.serve { console in
            let policy = try await console.draft(["name": "Old"])
            try await console.addRule(policy, PolicyConsole.rule)
            try await console.move(policy, "approve")
            try await console.move(policy, "activate")
            try await console.open(policy + "/successor")
            try await console.submit(policy + "/successor")
            let next = console.place
            #expect(next != policy && console.text.contains("Rule 1: no-deletes"))
            try await console.open(next + "/details")
            try await console.submit(next + "/details", ["name": "New"])
            try await console.move(next, "approve")
            try await console.move(next, "activate")
            #expect(console.text.contains("State Active"))
            try await console.open(policy)
            #expect(!console.text.contains("State Active"), "\(console.text.prefix(400))")
        }
    }

    @Test("S3-33 sets are made and filled, and exemptions granted and revoked, with their reasons")
    func setsAndExemptions() async throws {
        try await PolicyConsole.serve { console in
            try await ConsolePerson.make("bob", named: "Bob Builder", holding: nil, console.running.gateway)
            let policy = try await console.draft(["name": "Member"])
            let id = String(policy.dropFirst("/policies/".count))
            try await console.open("/policies/sets/new")
            try await console.submit(
                "/policies/sets/new", ["name": "Votes", "combination": "at_least", "at_least": ""])
            #expect(console.person.status == 422 && console.text.contains("Say how many."))
            try await console.submit("/policies/sets/new", ["at_least": "2"])
            let set = console.place
            #expect(console.text.contains("2 policies allow it"))
            try await console.open(set + "/add")
            try await console.submit(set + "/add", ["policy": id])
            #expect(console.text.contains("The policy is in the set.") && console.text.contains("Member"))
            try await console.open("/policies/exemptions/new")
            #expect(console.text.contains("No policy is active"))
            try await console.move(policy, "approve")
            try await console.move(policy, "activate")
            try await console.open("/policies/exemptions/new?policy=" + id)
            let grant = ["who": "bob", "reason": "Too short"]
            try await console.submit("/policies/exemptions/new", grant)
            #expect(console.person.status == 400 && console.text.contains("it needs 10"))
            // Ten years are the longest that an exemption may hold.
            try await console.submit(
                "/policies/exemptions/new", ["reason": "Moves the archive.", "expires_at": "2099-01-01"])
            #expect(console.person.status == 400 && console.text.contains("lies more than ten years ahead"))
            let nextYear = String((SystemClock.now() + .days(365)).rfc3339.prefix(10))
            try await console.submit("/policies/exemptions/new", ["expires_at": nextYear])
            #expect(console.text.contains("The exemption is granted.") && console.text.contains("Bob Builder"))
            let exemption = console.place
            try await console.open(exemption + "/revoke")
            try await console.submit(exemption + "/revoke", ["reason": "It has moved."])
            #expect(console.text.contains("State Revoked"))
            try await console.open(policy)
            #expect(console.text.contains("Votes") && console.text.contains("Bob Builder"))
            try await console.open(set + "/remove/" + id)
            try await console.submit(set + "/remove/" + id)
            #expect(console.text.contains("It has no policy yet."))
        }
    }
}
