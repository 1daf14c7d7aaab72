import Identity
import Testing
import Vocabulary

@Suite struct SingleUseLinkTests {
    func link(_ purpose: LinkPurpose, person: PersonID? = id(1), lives: Duration = .minutes(10)) -> SingleUseLink {
        SingleUseLink(
            id: id(5), tenant: id(2), purpose: purpose, tokenHash: hash(1, .link), person: person,
            createdBy: .system("test"), createdAt: start, expiresAt: start + lives)
    }

    @Test(arguments: LinkPurpose.allCases) func aLinkServesItsOwnPurposeOnly(purpose: LinkPurpose) {
        for used in LinkPurpose.allCases {
            #expect(
                link(purpose).refusal(usingFor: used, in: id(2), now: start)
                    == (used == purpose ? nil : .wrongPurpose))
        }
    }

    @Test func aLinkIsForOneTenantOneUseAndItsTime() {
        var link = link(.invitation)
        func refusal(_ now: Timestamp, _ tenant: TenantID = id(2)) -> LinkUseRefusal? {
            link.refusal(usingFor: .invitation, in: tenant, now: now)
        }
        #expect(refusal(start + .minutes(10) - .microseconds(1)) == nil)
        #expect(refusal(start + .minutes(10)) == .expired)
        #expect(refusal(start - .seconds(1)) == .expired)
        #expect(refusal(start, id(3)) == .otherTenant)
        link.revokedAt = start
        #expect(refusal(start) == .revoked)
        link.usedAt = start
        #expect(refusal(start) == .used)
    }

    @Test(arguments: LinkPurpose.allCases) func noLinkOutlivesItsPurpose(purpose: LinkPurpose) {
        let link = link(purpose, lives: .days(365))
        let limit = start + purpose.longestLifetime
        #expect(link.refusal(usingFor: purpose, in: id(2), now: limit - .microseconds(1)) == nil)
        #expect(link.refusal(usingFor: purpose, in: id(2), now: limit) == .expired)
    }

    @Test func onlyASetUpLinkMayBeForNobodyYet() {
        #expect(link(.setup, person: nil).refusal(usingFor: .setup, in: id(2), now: start) == nil)
        #expect(link(.invitation, person: nil).refusal(usingFor: .invitation, in: id(2), now: start) == .nobody)
        #expect(link(.passwordReset, person: nil).refusal(usingFor: .passwordReset, in: id(2), now: start) == .nobody)
    }
}
