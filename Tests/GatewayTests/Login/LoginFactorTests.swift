import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite struct LoginFactorTests {
    private func atSecondFactor(_ bench: LoginBench) async throws -> LoginBench.Begun {
        let begun = try await bench.begin()
        _ = try await bench.submit(.identifier("anna", provider: bench.local), to: begun)
        let page = try await bench.submit(.password(login: "anna", LoginBench.password), to: begun)
        #expect(page.pageName == "second factor")
        return begun
    }

    // S4-14.
    @Test func `a code signs in once, and neither a wrong one nor the same one again does`() async throws {
        let bench = try await LoginBench()
        let secret = try await bench.enrol().reveal()
        let first = try await atSecondFactor(bench)
        #expect(
            try await bench.submit(.oneTimeCode(SecretText("000000")), to: first).notice == .refused(.secondFactorWrong)
        )
        let code = bench.code(secret)
        let done = try await bench.submit(.oneTimeCode(code), to: first)
        #expect(done.completed?.started.session.strength == .aal2)
        let second = try await atSecondFactor(bench)
        #expect(try await bench.submit(.oneTimeCode(code), to: second).notice == .refused(.secondFactorWrong))
        bench.advance(.seconds(30))
        #expect(try await bench.submit(.oneTimeCode(bench.code(secret)), to: second).completed != nil)
    }

    @Test func `a recovery code signs in once`() async throws {
        let bench = try await LoginBench()
        _ = try await bench.enrol()
        let codes = try await bench.credentials.makeRecoveryCodes(for: bench.anna, by: bench.caller)
        let first = try await atSecondFactor(bench)
        #expect(try await bench.submit(.recoveryCode(codes[3]), to: first).completed != nil)
        let second = try await atSecondFactor(bench)
        #expect(try await bench.submit(.recoveryCode(codes[3]), to: second).notice == .refused(.secondFactorWrong))
        #expect(try await bench.submit(.recoveryCode(codes[4]), to: second).completed != nil)
    }

    @Test func `too many codes end the flow, and a code sent before the password is not used up`() async throws {
        let bench = try await LoginBench()
        let secret = try await bench.enrol().reveal()
        let early = try await bench.begin()
        #expect(try await bench.submit(.oneTimeCode(bench.code(secret)), to: early).completed == nil)
        let begun = try await atSecondFactor(bench)
        for _ in 0..<(LoginFlow.secondFactorAttemptLimit - 1) {
            #expect(try await bench.submit(.oneTimeCode(SecretText("000000")), to: begun).pageName == "second factor")
            bench.advance(.seconds(31))
        }
        #expect(
            try await bench.submit(.oneTimeCode(SecretText("000000")), to: begun).notice == .refused(.tooManyAttempts))
        bench.advance(.seconds(31))
        #expect(try await bench.submit(.oneTimeCode(bench.code(secret)), to: begun).pageName == "over")
    }

    // S4-14.
    @Test func `a role that requires two factors lets nobody enrol the first by password alone`() async throws {
        let bench = try await LoginBench(requiredRoles: ["Operator"])
        let anna = bench.anna
        try await bench.assign("Operator")
        let begun = try await bench.begin()
        _ = try await bench.submit(.identifier("anna", provider: bench.local), to: begun)
        #expect(
            try await bench.submit(.password(login: "anna", LoginBench.password), to: begun).pageName == "invitation")
        #expect(try await bench.submit(.invitation(SecretText("gh_l_nothing")), to: begun).notice == .linkRefused)
        let reset = try await bench.credentials.createLink(
            for: .passwordReset, person: anna, lifetime: .hours(1), by: bench.caller)
        #expect(try await bench.submit(.invitation(reset.token), to: begun).notice == .linkRefused)
        let link = try await bench.credentials.createLink(
            for: .invitation, person: anna, lifetime: .hours(1), by: bench.caller)
        let page = try await bench.submit(.invitation(link.token), to: begun)
        guard case .enrolment(let enrolment)? = page.page else { throw Fault("test", .ourselves, page.pageName) }
        let secret = try #require(Base32.decode(enrolment.secret.reveal()))
        let wrong = try await bench.submit(.oneTimeCode(SecretText("000000")), to: begun)
        guard case .enrolment(let again)? = wrong.page else { throw Fault("test", .ourselves, wrong.pageName) }
        #expect(again.secret.reveal() == enrolment.secret.reveal(), "a slip does not cost the secret")
        let done = try #require(try await bench.submit(.oneTimeCode(bench.code(secret)), to: begun).completed)
        #expect(done.recoveryCodes.count == 10)
        #expect(done.started.session.strength == .aal2)
    }

    // S4-15.
    @Test func `a step-up rotates the session, and the old cookie is worth nothing`() async throws {
        let bench = try await LoginBench()
        let old = try #require(try await bench.signIn().completed).started
        let secret = try await bench.enrol().reveal()
        let begun = try await bench.begin(LoginBeginning(demandedStrength: .aal2, session: old.session))
        #expect(begun.page.map { LoginResult.show($0).pageName } == "second factor")
        let done = try #require(try await bench.submit(.oneTimeCode(bench.code(secret)), to: begun).completed)
        #expect(done.started.session.rotatedFrom == old.session.id)
        #expect(done.started.session.strength == .aal2)
        #expect(throws: CredentialRefusal.unknown) {
            try bench.sessions.validate(session: old.token.reveal(), in: bench.tenant).get()
        }
        #expect(
            try bench.sessions.validate(session: done.started.token.reveal(), in: bench.tenant).get().person
                == bench.anna)
    }

    @Test func `a session that does is not asked again, one too old is, and by its own person only`() async throws {
        let bench = try await LoginBench()
        let session = try #require(try await bench.signIn().completed).started.session
        guard case .satisfied = try await bench.login.begin(LoginBeginning(session: session), from: bench.browser())
        else {
            throw Fault("test", .ourselves, "asked again")
        }
        bench.advance(.minutes(6))
        let berta = try await bench.insert("berta")
        let other = SecretText("quite another passphrase")
        _ = try await bench.credentials.setPassword(other, of: berta, mustChange: false, by: bench.caller)
        let begun = try await bench.begin(LoginBeginning(maxAgeSeconds: 300, session: session))
        #expect(begun.page.map { LoginResult.show($0).pageName } == "password", "it knows whose session it is")
        let foreign = try await bench.submit(.password(login: "berta", other), to: begun)
        #expect(foreign.notice == .refused(.otherSubject))
        #expect(try await bench.submit(.password(login: "anna", LoginBench.password), to: begun).completed != nil)
    }

    @Test func `an application that asks for two factors gets no session with one, and only its own URL`() async throws
    {
        let bench = try await LoginBench()
        let begun = try await bench.begin(
            LoginBeginning(application: bench.application.id, returnTarget: "https://evil.example/"))
        _ = try await bench.submit(.identifier("anna", provider: bench.local), to: begun)
        let done = try #require(
            try await bench.submit(.password(login: "anna", LoginBench.password), to: begun).completed)
        #expect(done.application == bench.application.id)
        #expect(done.returnTarget == "https://wiki.example.org")
        let strong = try await bench.begin(LoginBeginning(application: bench.application.id, demandedStrength: .aal2))
        _ = try await bench.submit(.identifier("anna", provider: bench.local), to: strong)
        #expect(
            try await bench.submit(.password(login: "anna", LoginBench.password), to: strong).pageName == "invitation")
        await #expect(throws: Fault.notFound("application")) {
            try await bench.begin(LoginBeginning(application: .random(at: bench.now)))
        }
    }

    @Test(arguments: [
        ("/account", true), ("/", true), ("/t/main/account?x=1", true), ("//evil.example", false), ("/\\evil", false),
        ("https://evil.example", false), ("/a b", false), ("/login", false), ("/t/x/logout", false), ("", false),
        ("/a/../b", false), ("/a\u{7F}", false), ("/" + String(repeating: "a", count: 2_048), false),
    ]) func `only paths of the gateway itself are returned to`(target: String, isAccepted: Bool) {
        #expect(ReturnTarget.isOwnPath(target) == isAccepted)
    }
}
