import Identity
import Testing
import Vocabulary

@Suite struct LoginFactorTests {
    @Test(arguments: 0..<4) func aSecondFactorIsAskedForWhoeverDemandsIt(who: Int) {
        var fixture = LoginFixture()
        fixture.enrolled = [.oneTimePassword, .recoveryCode]
        fixture.rolesRequireMFA = who == 0
        fixture.requestRequiresMFA = who == 1
        let request = LoginRequest(demandedStrength: who == 2 ? .aal2 : .aal1)
        let answer = fixture.signedIn(request)
        #expect(answer.outcome == .needSecondFactor([.oneTimePassword, .recoveryCode], nil))
        let done = fixture.decide(
            answer.flow, .secondFactorVerified(fixture.proof(answer.flow, .recoveryCode))
        ).outcome.grant
        #expect(done?.strength == .aal2)
    }

    @Test func aFactorThatIsNotEnrolledDoesNotCount() {
        var fixture = LoginFixture()
        fixture.enrolled = [.oneTimePassword]
        let flow = fixture.signedIn().flow
        #expect(
            fixture.decide(flow, .secondFactorVerified(fixture.proof(flow, .recoveryCode))).outcome
                == .refused(.wrongMethod))
    }

    @Test func aPasswordAloneNeverEnrolsTheFirstFactor() {
        var fixture = LoginFixture()
        fixture.rolesRequireMFA = true
        let answer = fixture.signedIn()
        #expect(answer.outcome == .show(.invitation, nil))
        #expect(fixture.decide(answer.flow, .enrolmentStarted(.oneTimePassword)).outcome == .refused(.outOfStep))
        #expect(
            fixture.decide(answer.flow, .enrolmentConfirmed(fixture.proof(answer.flow, .oneTimePassword))).outcome
                == .refused(.outOfStep))
        let link = fixture.proof(answer.flow, .singleUseLink)
        #expect(fixture.decide(answer.flow, .linkOpened(.passwordReset, link)).outcome == .refused(.wrongPurpose))
    }

    @Test func anInvitationEnrolsTheFirstFactor() {
        var fixture = LoginFixture()
        fixture.rolesRequireMFA = true
        let waiting = fixture.signedIn().flow
        let stolen = fixture.proof(waiting, .singleUseLink, of: fixture.eve)
        #expect(fixture.decide(waiting, .linkOpened(.invitation, stolen)).outcome == .refused(.otherSubject))
        let opened = fixture.decide(waiting, .linkOpened(.invitation, fixture.proof(waiting, .singleUseLink)))
        #expect(opened.outcome == .enrol(nil))
        #expect(fixture.decide(opened.flow, .enrolmentStarted(.recoveryCode)).outcome == .refused(.wrongMethod))
        let started = fixture.decide(opened.flow, .enrolmentStarted(.oneTimePassword)).flow
        let done = fixture.decide(started, .enrolmentConfirmed(fixture.proof(started, .oneTimePassword)))
        #expect(done.outcome.grant?.events.map(\.method) == [.password, .singleUseLink, .oneTimePassword])
    }

    @Test func aSetUpLinkSetsAPasswordThenEnrols() {
        var fixture = LoginFixture()
        fixture.rolesRequireMFA = true
        let flow = fixture.begin()
        let opened = fixture.decide(flow, .linkOpened(.setup, fixture.proof(flow, .singleUseLink)))
        #expect(opened.outcome == .changePassword(.initial))
        let changed = fixture.decide(opened.flow, .passwordChanged(fixture.proof(opened.flow)))
        #expect(changed.outcome == .enrol(nil))
    }

    @Test func aResetDoesNotGoAroundTheSecondFactor() {
        var fixture = LoginFixture()
        fixture.enrolled = [.oneTimePassword]
        let flow = fixture.begin()
        let opened = fixture.decide(flow, .linkOpened(.passwordReset, fixture.proof(flow, .singleUseLink)))
        #expect(opened.outcome == .needSecondFactor([.oneTimePassword], nil))
        let proven = fixture.decide(
            opened.flow, .secondFactorVerified(fixture.proof(opened.flow, .oneTimePassword)))
        #expect(proven.outcome == .changePassword(.reset))
        #expect(fixture.decide(proven.flow, .passwordChanged(fixture.proof(proven.flow))).outcome.grant != nil)
    }

    @Test func aResetDoesNotEnrolTheFirstFactor() {
        var fixture = LoginFixture()
        fixture.rolesRequireMFA = true
        let flow = fixture.begin()
        let opened = fixture.decide(flow, .linkOpened(.passwordReset, fixture.proof(flow, .singleUseLink)))
        let changed = fixture.decide(opened.flow, .passwordChanged(fixture.proof(opened.flow)))
        #expect(changed.outcome == .show(.invitation, nil))
    }

    @Test(arguments: [true, false])
    func anInvitationSetsUpTheFirstFactorOfWhoeverMayBeAskedForIt(mayBeAsked: Bool) {
        var fixture = LoginFixture()
        fixture.mayHaveLocalPassword = false
        fixture.mayBeAskedForMFA = mayBeAsked
        let flow = fixture.begin()
        let invited = fixture.decide(flow, .linkOpened(.invitation, fixture.proof(flow, .singleUseLink)))
        let sent = fixture.decide(invited.flow, .passwordSubmitted(login: "ada@corp.example")).flow
        let proven = fixture.decide(sent, .primaryVerified(fixture.proof(sent)))
        #expect(mayBeAsked ? proven.outcome == .enrol(nil) : proven.outcome.grant != nil)
    }

    @Test func aResetNeverSetsUpAFirstFactorThoughOneMayBeAskedFor() {
        var fixture = LoginFixture()
        fixture.mayBeAskedForMFA = true
        let flow = fixture.begin()
        let opened = fixture.decide(flow, .linkOpened(.passwordReset, fixture.proof(flow, .singleUseLink)))
        let changed = fixture.decide(opened.flow, .passwordChanged(fixture.proof(opened.flow)))
        #expect(changed.outcome.grant?.strength == .aal1)
    }

    @Test func aDirectoryPersonGetsNoLocalPasswordFromALink() {
        var fixture = LoginFixture()
        fixture.mayHaveLocalPassword = false
        let flow = fixture.begin()
        let link = fixture.proof(flow, .singleUseLink)
        #expect(fixture.decide(flow, .linkOpened(.passwordReset, link)).outcome == .refused(.wrongPurpose))
        let invited = fixture.decide(flow, .linkOpened(.invitation, link))
        #expect(invited.outcome == .show(.identify, nil))
        let sent = fixture.decide(invited.flow, .passwordSubmitted(login: "eve")).flow
        let eve = sent.decide(
            .primaryVerified(fixture.proof(sent, of: fixture.eve)), context: fixture.context(fixture.eve), now: start)
        #expect(eve.outcome == .refused(.otherSubject))
    }

    @Test func aDemandedChangeComesAfterTheSecondFactorAndBeforeTheSession() {
        var fixture = LoginFixture()
        fixture.enrolled = [.oneTimePassword]
        let flow = fixture.awaiting("ada@corp.example")
        let must = fixture.decide(flow, .passwordChangeRequired(fixture.proof(flow), .directory))
        #expect(must.outcome == .needSecondFactor([.oneTimePassword], nil))
        let proven = fixture.decide(must.flow, .secondFactorVerified(fixture.proof(must.flow, .oneTimePassword)))
        #expect(proven.outcome == .changePassword(.directory))
        let done = fixture.decide(proven.flow, .passwordChanged(fixture.proof(proven.flow)))
        #expect(done.outcome.grant?.provider == fixture.directory)
    }
}
