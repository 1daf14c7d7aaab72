import Governance
import Testing
import Vocabulary

@Suite("S4-58 What the journal shows of reviews, rules, approvals and policies")
struct GovernanceEvidenceTests {
    private let ada: PersonID = id(1), bob: PersonID = id(2)

    @Test("a review counts when it is closed with every line decided, and not when it is overdue or too old")
    func reviews() {
        let (review, next): (CampaignID, CampaignID) = (id(1), id(2))
        let line: EntitlementAssignmentID = id(5)
        let lines = Fact("lines", .list([.list([.id(line, "entitlement_assignment")])]))
        var year = RecordedYear()
        year.write("campaign.started", review, [Fact("deadline", .time(year.now + .days(7)))])
        year.write("campaign.lines_added", review, [lines])
        #expect(year.ask(.accessReviews).verdict == .unmet, "it is open")
        year.write(
            "campaign.decided", review,
            [Fact("assignment", .id(line, "entitlement_assignment")), Fact("verdict", .word("revoke"))])
        year.write("campaign.closed", review)
        let good = year.ask(.accessReviews)
        #expect(good.verdict == .met && good.counts.contains { $0.name == "revoked" && $0.value == 1 })
        year.wait(.days(181))
        #expect(year.ask(.accessReviews, [.days: 180]).verdict == .unmet)
        #expect(year.ask(.accessReviews, [.days: 182]).verdict == .met)
        year.write("campaign.started", next, [Fact("deadline", .time(year.now + .days(1)))])
        year.write("campaign.lines_added", next, [lines])
        year.wait(.days(2))
        #expect(year.ask(.accessReviews, [.days: 190]).samples.map(\.id) == [next.description], "overdue")
        year.write("campaign.closed", next)
        #expect(year.ask(.accessReviews, [.days: 190]).verdict == .unmet, "a line nobody decided")
    }

    @Test("a rule, a look at everybody and no open violation; a look at one rule is none")
    func duties() {
        let (rule, violation): (SodRuleID, SodViolationID) = (id(1), id(2))
        let tenant: TenantID = id(1)
        var year = RecordedYear()
        year.write("sod.rule_created", rule, [Fact("rule", .id(rule, "sod_rule"))])
        #expect(year.ask(.separationOfDuties).verdict == .unmet, "nobody was looked at")
        year.write("sod.scanned", tenant, [Fact("reach", .word("rule"))])
        #expect(year.ask(.separationOfDuties).verdict == .unmet)
        year.write("sod.scanned", tenant, [Fact("reach", .word("whole")), Fact("exempted", .integer(1))])
        #expect(year.ask(.separationOfDuties).verdict == .met)
        let facts = [Fact("rule", .id(rule, "sod_rule")), Fact("violation", .id(violation, "sod_violation"))]
        year.write("sod.violation_detected", violation, facts)
        #expect(year.ask(.separationOfDuties).samples.map(\.id) == [violation.description])
        year.write("sod.violation_resolved", violation, [facts[1]])
        #expect(year.ask(.separationOfDuties).verdict == .met)
        year.wait(.days(8))
        #expect(year.ask(.separationOfDuties).verdict == .unmet, "too long ago")
        year.write("sod.rule_deleted", rule, [Fact("rule", .id(rule, "sod_rule"))])
        #expect(year.ask(.separationOfDuties).verdict == .absent)
    }

    private func grant(
        _ number: UInt64, by actor: Actor, until: Timestamp?, _ year: inout RecordedYear
    ) {
        var facts = [
            Fact("policy", .id(id(9) as PolicyID, "policy")), Fact("entity", .subject(.person(ada))),
            Fact("from", .time(year.now)),
        ]
        if let until { facts.append(Fact("until", .time(until))) }
        year.write("exemption.granted", id(number) as ExemptionID, by: actor, facts)
    }

    @Test("exceptions end, end in time, and are granted by another; renewals of one's own are counted")
    func exemptions() {
        var year = RecordedYear()
        grant(1, by: .person(bob), until: year.now + .days(20), &year)
        let good = year.ask(.exemptions)
        #expect(good.verdict == .met && good.counts.contains { $0.name == "expiring_soon" && $0.value == 1 })
        year.wait(.days(20) + .hours(2))
        #expect(year.ask(.exemptions).verdict == .unmet, "active past its end")
        year.write("exemption.expired", id(1) as ExemptionID, by: .system("expiry"))
        #expect(year.ask(.exemptions).verdict == .met)
        grant(2, by: .person(ada), until: year.now + .days(2), &year)
        let own = year.ask(.exemptions)
        #expect(own.verdict == .unmet)
        #expect(own.counts.contains { $0.name == "self_renewed" && $0.value == 1 })
        year.write("exemption.revoked", id(2) as ExemptionID)
        grant(3, by: .person(bob), until: nil, &year)
        #expect(year.ask(.exemptions).samples.map(\.id) == [(id(3) as ExemptionID).description], "without an end")
    }

    @Test("whoever asks does not decide, and an override is looked at in time")
    func approvals() {
        let (one, two): (ApprovalID, ApprovalID) = (id(1), id(2))
        let asked = [Fact("requester", .subject(.person(ada)))]
        var year = RecordedYear()
        year.write("approval.requested", one, asked)
        #expect(year.ask(.approvals).verdict == .absent)
        year.write("approval.approved", one, [Fact("by", .subject(.person(bob)))])
        #expect(year.ask(.approvals).verdict == .met && year.ask(.emergencyOverrides).verdict == .absent)
        year.write("approval.requested", two, asked)
        year.write("approval.overridden", two, [Fact("needs_review", .bool(true))])
        year.wait(.hours(71))
        #expect(year.ask(.emergencyOverrides).verdict == .met, "there is time left")
        year.wait(.hours(2))
        #expect(year.ask(.emergencyOverrides).samples.map(\.id) == [two.description])
        year.write("approval.reviewed", two)
        #expect(year.ask(.emergencyOverrides).verdict == .unmet, "it was too late")
        year.write("approval.approved", two, [Fact("by", .subject(.person(ada)))])
        #expect(year.ask(.approvals).verdict == .unmet)
    }

    @Test("a policy takes effect after another than an author approved it; a stored document without is found")
    func policies() {
        let policy: PolicyID = id(1)
        var year = RecordedYear()
        func write(_ type: String, _ actor: PersonID, _ year: inout RecordedYear) {
            year.write("policy.\(type)", policy, kind: "governed.policy", by: .person(actor))
        }
        write("created", ada, &year)
        write("approved", bob, &year)
        #expect(year.ask(.policyLifecycle).verdict == .absent)
        write("activated", ada, &year)
        #expect(year.ask(.policyLifecycle).verdict == .met)
        year.write("policy.changed", id(3) as PolicyID, kind: "policy", by: .system("configuration"))
        #expect(year.ask(.policyLifecycle).verdict == .met)
        year.write("policy.changed", id(3) as PolicyID, kind: "policy", by: .person(bob))
        #expect(year.ask(.policyLifecycle).verdict == .unmet, "put in force by hand")
        var alone = RecordedYear()
        for type in ["created", "approved", "activated"] { write(type, ada, &alone) }
        #expect(alone.ask(.policyLifecycle).samples.map(\.id) == [policy.description])
        var touched = RecordedYear()
        write("created", ada, &touched)
        write("rule_added", bob, &touched)
        write("approved", bob, &touched)
        write("activated", ada, &touched)
        #expect(touched.ask(.policyLifecycle).verdict == .unmet, "whoever added a rule is an author")
    }

    @Test("risk scores are recorded lately, or not")
    func risk() {
        var year = RecordedYear()
        year.write("risk.recorded", ada)
        #expect(year.ask(.riskScores).verdict == .met)
        year.wait(.days(91))
        #expect(year.ask(.riskScores).verdict == .unmet)
    }
}
