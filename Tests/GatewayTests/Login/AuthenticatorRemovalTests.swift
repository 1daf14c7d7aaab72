import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// A password that was chosen beside a second factor may be too short to stand alone (NIST SP 800-63B-4 §3.1.1.2).
@Suite struct AuthenticatorRemovalTests {
    /// Thirteen characters: enough beside a second factor, too few alone.
    private static let short = SecretText("thirteen char")
    private static let long = SecretText("quite enough characters")

    /// Anna with an authenticator app, a short password and a session proven by both.
    private func enrolled(_ bench: LoginBench) async throws -> (secret: [UInt8], session: Session) {
        let secret = try await bench.enrol().reveal()
        #expect(
            try await bench.credentials.setPassword(Self.short, of: bench.anna, mustChange: false, by: bench.caller)
                == .changed)
        let begun = try await bench.begin()
        _ = try await bench.submit(.identifier("anna", provider: bench.local), to: begun)
        _ = try await bench.submit(.password(login: "anna", Self.short), to: begun)
        let done = try #require(try await bench.submit(.oneTimeCode(bench.code(secret)), to: begun).completed)
        return (secret, done.started.session)
    }

    // S4-13.
    @Test func `an app is not removed while the password is too short to stand alone, and is after it is changed`()
        async throws
    {
        let bench = try await LoginBench()
        let (_, session) = try await enrolled(bench)
        func remove(_ password: SecretText) async throws -> AuthenticatorRemoval {
            bench.advance(.minutes(1))
            return try await bench.login.removeOwnAuthenticator(proving: password, of: session, by: bench.caller)
        }
        #expect(try await remove(SecretText("something else entirely")) == .wrongPassword)
        #expect(try await remove(Self.short) == .passwordTooShort(minimum: 15))
        #expect(try await bench.login.factors(of: bench.anna).contains(.oneTimePassword))
        bench.advance(.minutes(1))
        #expect(
            try await bench.login.changeOwnPassword(from: Self.short, to: Self.long, of: session, by: bench.caller)
                == .changed)
        #expect(try await remove(Self.long) == .removed)
        #expect(try await !bench.login.factors(of: bench.anna).contains(.oneTimePassword))
    }

    // S4-13, S4-14.
    @Test func `whoever lost their app to an administrator is asked for a longer password at the next login`()
        async throws
    {
        let bench = try await LoginBench()
        _ = try await enrolled(bench)
        #expect(try await bench.credentials.removeTOTP(of: bench.anna, by: bench.caller) == 1)
        bench.advance(.minutes(1))
        let begun = try await bench.begin()
        _ = try await bench.submit(.identifier("anna", provider: bench.local), to: begun)
        let page = try await bench.submit(.password(login: "anna", Self.short), to: begun)
        guard case .newPassword(.tooShort, _, minimumLength: 15, _)? = page.page else {
            throw Fault("test", .ourselves, page.pageName)
        }
        let refused = try await bench.submit(.newPassword(SecretText("fourteen chars"), present: nil), to: begun)
        #expect(refused.notice == .passwordRefused([.tooShort(minimum: 15, found: 14)]))
        #expect(try await bench.submit(.newPassword(Self.long, present: nil), to: begun).completed != nil)
    }

    // S4-14.
    @Test func `nobody removes the factor that a role requires of them`() async throws {
        let bench = try await LoginBench(requiredRoles: ["Operator"])
        let (_, session) = try await enrolled(bench)
        try await bench.assign("Operator")
        #expect(
            try await bench.login.removeOwnAuthenticator(proving: Self.short, of: session, by: bench.caller)
                == .required)
        #expect(try await bench.login.factors(of: bench.anna).contains(.oneTimePassword))
    }
}
