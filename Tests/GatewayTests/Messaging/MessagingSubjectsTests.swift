import NKeys
import Testing

@testable import Gateway

@Suite("Where commands are asked and events are told")
struct MessagingSubjectsTests {
    @Test("without a prefix the subjects are those of the policy service; with one they are in its domain")  // S0-66
    func layout() throws {
        let plain = MessagingSubjects(prefix: "")
        #expect(plain.command("create") == "policy.commands.create")
        #expect(plain.event("policy", id: "1", name: "PolicyCreated") == "events.policy.1.PolicyCreated")
        #expect(plain.event("exemption", id: "1", name: "PolicyExemptionGranted").hasPrefix("events.policy.1."))
        #expect(plain.event("sod_rule", id: "1", name: "SodRuleCreated") == "events.sod_rule.1.SodRuleCreated")
        #expect(plain.eventPatterns.contains("events.policy.>") && plain.eventPatterns.contains("events.approval.>"))
        #expect(!plain.eventPatterns.contains("events.>"))
        let below = MessagingSubjects(prefix: "thecowboyai.org")
        let domain = try NATSSubject("thecowboyai.org.policy.>")
        for text in [below.commandPattern, below.command("create", key: "UA")] + below.eventPatterns {
            #expect(domain.contains(try NATSSubject(text)), "\(text)")
        }
        #expect(below.event("policy", id: "1", name: "A") == "thecowboyai.org.policy.events.policy.1.A")
    }

    @Test("a subject names a command and whose key, or nothing")
    func reading() throws {
        let subjects = MessagingSubjects(prefix: "a.b")
        let bare = try #require(subjects.command(in: "a.b.policy.commands.create"))
        #expect(bare == ("create", nil))
        let signed = try #require(subjects.command(in: "a.b.policy.commands.create.UX"))
        #expect(signed == ("create", "UX"))
        for text in [
            "policy.commands.create", "a.b.policy.commands", "a.b.policy.commands.create.UX.more", "a.b.policy",
        ] {
            #expect(subjects.command(in: text) == nil, "\(text)")
        }
    }

    @Test("the seventeen events have the names of the policy service")  // S0-34, S0-50, S0-66
    func names() {
        let expected = [
            "policy.created": "PolicyCreated", "policy.updated": "PolicyUpdated", "policy.approved": "PolicyApproved",
            "policy.activated": "PolicyActivated", "policy.suspended": "PolicySuspended",
            "policy.revoked": "PolicyRevoked", "policy.archived": "PolicyArchived",
            "policy_set.created": "PolicySetCreated", "policy_set.policy_added": "PolicyAddedToSet",
            "policy_set.policy_removed": "PolicyRemovedFromSet", "exemption.granted": "PolicyExemptionGranted",
            "exemption.revoked": "PolicyExemptionRevoked", "exemption.expired": "PolicyExemptionExpired",
            "policy.rule_added": "PolicyRuleAdded", "policy.rule_updated": "PolicyRuleUpdated",
            "policy.rule_removed": "PolicyRuleRemoved", "policy.rule_reordered": "PolicyRuleReordered",
        ]
        #expect(expected.count == 17)
        for (type, name) in expected { #expect(EventName.of(type) == name) }
        #expect(EventName.of("sod_rule.status_changed") == "SodRuleStatusChanged")
    }
}
