import Foundation
import Identity
import Testing
import Vocabulary

@testable import Gateway

@Suite struct LocalLoginTests {
    // S4-12.
    @Test func `a person signs in with a local password and gets a session, a device and one event`() async throws {
        let bench = try await LoginBench()
        let begun = try await bench.begin()
        #expect(try await bench.submit(.identifier("Anna", provider: bench.local), to: begun).pageName == "password")
        let done = try #require(
            try await bench.submit(.password(login: "Anna", LoginBench.password), to: begun).completed)
        #expect(done.started.session.person == bench.anna)
        #expect(done.started.session.provider == bench.local)
        #expect(done.started.session.events.map(\.method) == [.password])
        #expect(done.device != nil)
        #expect(
            try bench.sessions.validate(session: done.started.token.reveal(), in: bench.tenant).get().id
                == done.started.session.id)
        #expect(try await bench.events("login.succeeded") == 1)
        #expect(try await bench.events("login.refused") == 0)
    }

    @Test func `a mail address that one person has is as good as the login, one of two is not`() async throws {
        let bench = try await LoginBench()
        #expect(try await bench.signIn("ANNA@example.org").completed != nil)
        _ = try await bench.insert("anna2", mail: "anna@example.org")
        #expect(try await bench.signIn("anna@example.org").notice == .refused(.badCredentials))
    }

    // S4-12.
    @Test func `a wrong password and an unknown login are refused alike`() async throws {
        let bench = try await LoginBench()
        let wrong = try await bench.signIn("anna", SecretText("another long passphrase"))
        let unknown = try await bench.signIn("nobody", SecretText("another long passphrase"), source: "192.0.2.2")
        #expect(wrong.notice == .refused(.badCredentials))
        #expect(unknown.notice == .refused(.badCredentials))
        #expect((wrong.pageName, unknown.pageName) == ("password", "password"))
        #expect(try await bench.events("login.refused") == 2)
        #expect(try await bench.signIn("anna", SecretText(""), source: "192.0.2.3").completed == nil)
    }

    // S4-11.
    @Test func `a disabled person is refused although the password is right`() async throws {
        let bench = try await LoginBench()
        try await bench.people.disable(bench.anna, .administrator, by: bench.caller)
        let result = try await bench.signIn()
        #expect(result.notice == .refused(.personDisabled))
        #expect(result.pageName == "over")
        #expect(bench.sessions.sessions(of: bench.anna, in: bench.tenant).isEmpty)
    }

    // S4-11.
    @Test func `a person disabled while the password was checked gets no session`() async throws {
        let bench = try await LoginBench()
        let secret = try await bench.enrol()
        let begun = try await bench.begin()
        _ = try await bench.submit(.identifier("anna", provider: bench.local), to: begun)
        _ = try await bench.submit(.password(login: "anna", LoginBench.password), to: begun)
        try await bench.people.disable(bench.anna, .administrator, by: bench.caller)
        let result = try await bench.submit(.oneTimeCode(bench.code(secret.reveal())), to: begun)
        #expect(result.notice == .refused(.personDisabled))
        #expect(try await bench.events("session.started") == 0)
    }

    @Test func `another browser, another tenant and a late step get nothing`() async throws {
        let bench = try await LoginBench()
        let begun = try await bench.begin()
        let other = try await bench.begin()
        let answer = LoginAnswer.password(login: "anna", LoginBench.password)
        #expect(
            try await bench.login.submit(answer, to: begun.flow, from: other.browser).notice == .refused(.otherBrowser))
        #expect(
            try await bench.login.submit(answer, to: begun.flow, from: bench.browser()).notice
                == .refused(.otherBrowser))
        let elsewhere = LoginBrowser(tenant: .random(at: bench.now), preSession: begun.browser.preSession)
        #expect(try await bench.login.submit(answer, to: begun.flow, from: elsewhere).completed == nil)
        bench.advance(.minutes(10))
        #expect(try await bench.submit(answer, to: begun).notice == .expired)
    }

    @Test func `a step sent again after the flow is done makes no second session`() async throws {
        let bench = try await LoginBench()
        let begun = try await bench.begin()
        _ = try await bench.submit(.identifier("anna", provider: bench.local), to: begun)
        let answer = LoginAnswer.password(login: "anna", LoginBench.password)
        let done = try #require(try await bench.submit(answer, to: begun).completed)
        let again = try #require(try await bench.submit(answer, to: begun).completed)
        #expect(again.started.token.reveal() == done.started.token.reveal())
        #expect(try await bench.events("session.started") == 1)
    }

    @Test func `a password too old has to be changed before the session, by policy`() async throws {
        let bench = try await LoginBench()
        let caller = bench.caller
        #expect(
            try await bench.credentials.setPassword(LoginBench.password, of: bench.anna, mustChange: true, by: caller)
                == .changed)
        let begun = try await bench.begin()
        _ = try await bench.submit(.identifier("anna", provider: bench.local), to: begun)
        #expect(
            try await bench.submit(.password(login: "anna", LoginBench.password), to: begun).pageName == "new password")
        let short = try await bench.submit(.newPassword(SecretText("short"), present: nil), to: begun)
        guard case .passwordRefused? = short.notice else { throw Fault("test", .ourselves, "not refused") }
        #expect(short.pageName == "new password")
        let fresh = SecretText("another sufficiently long one")
        #expect(try await bench.submit(.newPassword(fresh, present: nil), to: begun).completed != nil)
        #expect(try await bench.signIn("anna", fresh).completed != nil)
        #expect(try await bench.signIn("anna", LoginBench.password, source: "192.0.2.9").completed == nil)
    }

    @Test func `nothing that was typed as a secret is in any file`() async throws {
        let bench = try await LoginBench()
        let secret = try await bench.enrol()
        let codes = try await bench.credentials.makeRecoveryCodes(for: bench.anna, by: bench.caller)
        let mistyped = "hunter2-in-the-wrong-field"
        _ = try await bench.signIn(mistyped, SecretText("a wrong but long passphrase"), source: "192.0.2.77")
        let begun = try await bench.begin()
        _ = try await bench.submit(.identifier("anna", provider: bench.local), to: begun)
        _ = try await bench.submit(.password(login: "anna", LoginBench.password), to: begun)
        let done = try #require(try await bench.submit(.recoveryCode(codes[0]), to: begun).completed)
        let texts = [
            LoginBench.password.reveal(), "a wrong but long passphrase", mistyped, codes[0].reveal(),
            Base32.encode(secret.reveal()), done.started.token.reveal(), done.device?.reveal() ?? "",
            begun.browser.preSession?.reveal() ?? "", "192.0.2.77",
        ]
        for text in texts {
            #expect(!text.isEmpty)
            #expect(try !bench.holds(text.utf8))
            // Base 64 bodies of tokens and codes without their dressing, too.
            #expect(try !bench.holds(text.dropFirst(5).utf8))
        }
        #expect(try !bench.holds(secret.reveal()))
        #expect(try bench.holds("login.succeeded".utf8))
    }
}
