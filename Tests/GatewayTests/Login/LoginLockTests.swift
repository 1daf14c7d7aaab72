import Identity
import Testing
import Vocabulary

@testable import Gateway

@Suite struct LoginLockTests {
    static let wrong = SecretText("a wrong but long passphrase")

    private func isThrottled(_ result: LoginResult) -> Bool {
        if case .throttled? = result.notice { true } else { false }
    }

    @Test func `a second try within the pause is not even checked`() async throws {
        let bench = try await LoginBench()
        _ = try await bench.signIn("anna", Self.wrong)
        #expect(isThrottled(try await bench.signIn()))
        bench.advance(.seconds(2))
        #expect(try await bench.signIn().completed != nil)
        #expect(try await bench.signIn().completed != nil, "a right password sets the count back")
    }

    // S4-13.
    @Test(arguments: ["anna", "nobody"]) func `the account locks at its limit, known or not`(name: String) async throws
    {
        let bench = try await LoginBench()
        for attempt in 0..<LoginBench.lockout.accountLimit {
            #expect(
                try await bench.signIn(name, Self.wrong, source: "192.0.2.\(attempt)").notice
                    == .refused(.badCredentials))
            bench.advance(.seconds(10))
        }
        let locked = try await bench.signIn(name, LoginBench.password, source: "192.0.2.100")
        #expect(locked.notice == .throttled(LoginBench.lockout.lock))
        bench.advance(LoginBench.lockout.lock - .seconds(1))
        #expect(isThrottled(try await bench.signIn(name, LoginBench.password, source: "192.0.2.101")))
        bench.advance(.seconds(1))
        #expect(!isThrottled(try await bench.signIn(name, LoginBench.password, source: "192.0.2.102")))
    }

    @Test func `strangers who lock an account do not lock its known browser, which has a budget of its own`()
        async throws
    {
        let bench = try await LoginBench()
        let device = try #require(try await bench.signIn().completed?.device)
        for attempt in 0...LoginBench.lockout.accountLimit {
            _ = try await bench.signIn("anna", Self.wrong, source: "192.0.2.\(attempt + 10)")
            bench.advance(.seconds(10))
        }
        #expect(isThrottled(try await bench.signIn(source: "192.0.2.200")))
        let known = try await bench.signIn(device: device, source: "192.0.2.201")
        #expect(known.completed != nil)
        #expect(known.completed?.device?.reveal() == device.reveal(), "the browser keeps the secret it has, for longer")
        for attempt in 0..<LoginBench.lockout.knownDeviceLimit {
            _ = try await bench.signIn("anna", Self.wrong, device: device, source: "192.0.2.\(attempt + 210)")
            bench.advance(.seconds(10))
        }
        #expect(isThrottled(try await bench.signIn(device: device, source: "192.0.2.230")))
    }

    @Test func `a source that tries many accounts is stopped, others are not`() async throws {
        let bench = try await LoginBench()
        for attempt in 0..<LoginBench.lockout.sourceLimit {
            #expect(try await bench.signIn("guess\(attempt)", Self.wrong).notice == .refused(.badCredentials))
        }
        #expect(isThrottled(try await bench.signIn()))
        #expect(try await bench.signIn(source: "192.0.2.2").completed != nil)
    }

    @Test func `right passwords cost a source nothing`() async throws {
        let bench = try await LoginBench()
        for _ in 0...LoginBench.lockout.sourceLimit { #expect(try await bench.signIn().completed != nil) }
    }

    @Test func `all of a network's IPv6 addresses are one source`() async throws {
        let bench = try await LoginBench()
        for attempt in 0..<LoginBench.lockout.sourceLimit {
            _ = try await bench.signIn("guess\(attempt)", Self.wrong, source: "2001:db8:1:2::\(attempt + 1)")
        }
        #expect(isThrottled(try await bench.signIn(source: "2001:db8:1:2:ffff::1")))
        #expect(!isThrottled(try await bench.signIn(source: "2001:db8:1:3::1")))
    }

    @Test func `a flood of failures is one event and a sum`() async throws {
        let bench = try await LoginBench()
        for attempt in 0..<6 { _ = try await bench.signIn("guess\(attempt)", Self.wrong) }
        #expect(try await bench.events("login.refused") == 1)
        #expect(try await bench.events("login.refusals_folded") == 0)
        bench.advance(.seconds(61))
        try await bench.login.drainFailures()
        #expect(try await bench.events("login.refusals_folded") == 1)
        _ = try await bench.signIn("guess", Self.wrong)
        _ = try await bench.signIn("guess-again", Self.wrong)
        try await bench.login.drainFailures(all: true)
        #expect(try await bench.events("login.refused") == 2)
        #expect(try await bench.events("login.refusals_folded") == 2)
    }
}
