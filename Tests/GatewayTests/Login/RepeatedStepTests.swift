import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// Steps sent more than once, one after another and truly at once.
@Suite struct RepeatedStepTests {
    private func atSecondFactor(_ bench: LoginBench, device: SecretText? = nil) async throws -> LoginBench.Begun {
        let begun = try await bench.begin(device: device)
        _ = try await bench.submit(.identifier("anna", provider: bench.local), to: begun)
        let page = try await bench.submit(.password(login: "anna", LoginBench.password), to: begun)
        #expect(page.pageName == "second factor")
        return begun
    }

    /// The same answer from several tasks, started together.
    private func together(
        _ answer: LoginAnswer, to flows: [LoginBench.Begun], _ bench: LoginBench
    ) async throws -> [LoginResult] {
        try await withThrowingTaskGroup(of: LoginResult.self) { group in
            for begun in flows { group.addTask { try await bench.submit(answer, to: begun) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    // S4-14. A double click: the browser shows the second answer and drops the first one.
    @Test(arguments: 0..<8)
    func `a code page sent twice at once signs in once, and both answers say so`(round: Int) async throws {
        let bench = try await LoginBench()
        let secret = try await bench.enrol()
        let begun = try await atSecondFactor(bench)
        let results = try await together(
            .oneTimeCode(bench.code(secret.reveal())), to: [begun, begun], bench)
        let tokens = results.compactMap { $0.completed?.started.token.reveal() }
        #expect(tokens.count == 2, "round \(round): \(results.map(\.pageName)) \(results.map(\.notice))")
        #expect(Set(tokens).count == 1, "one session, told twice")
        #expect(try await bench.events("session.started") == 1)
        #expect(try await bench.events("totp.used") == 1)
        #expect(try await bench.events("login.succeeded") == 1)
        #expect(bench.sessions.sessions(of: bench.anna, in: bench.tenant).count == 1)
    }

    // S4-14.
    @Test(arguments: 0..<8)
    func `one code in two browsers at once signs in one of them`(round: Int) async throws {
        let bench = try await LoginBench()
        let secret = try await bench.enrol()
        // The second password is typed when the pause after the first one's try is over.
        let first = try await atSecondFactor(bench)
        bench.advance(.seconds(5))
        let second = try await atSecondFactor(bench)
        let results = try await together(
            .oneTimeCode(bench.code(secret.reveal())), to: [first, second], bench)
        #expect(results.compactMap(\.completed).count == 1, "round \(round): \(results.map(\.pageName))")
        #expect(try await bench.events("session.started") == 1)
        #expect(try await bench.events("totp.used") == 1)
    }

    @Test func `one recovery code in two browsers at once signs in one of them, and twice in one both ways`()
        async throws
    {
        let bench = try await LoginBench()
        _ = try await bench.enrol()
        let codes = try await bench.credentials.makeRecoveryCodes(for: bench.anna, by: bench.caller)
        let (first, second) = (try await atSecondFactor(bench), try await atSecondFactor(bench))
        let rivals = try await together(.recoveryCode(codes[0]), to: [first, second], bench)
        #expect(rivals.compactMap(\.completed).count == 1)
        #expect(try await bench.events("recovery_code.used") == 1)
        bench.advance(.minutes(1))
        let third = try await atSecondFactor(bench)
        let twins = try await together(.recoveryCode(codes[1]), to: [third, third], bench)
        #expect(Set(twins.map { $0.completed?.started.token.reveal() ?? "none" }).count == 1)
        #expect(twins.allSatisfy { $0.completed != nil })
        #expect(try await bench.events("recovery_code.used") == 2)
        #expect(try await bench.events("session.started") == 2)
    }

    @Test func `a step sent again needs its proof again, its own browser, and soon`() async throws {
        let bench = try await LoginBench()
        let secret = try await bench.enrol()
        let begun = try await atSecondFactor(bench)
        let code = bench.code(secret.reveal())
        #expect(try await bench.submit(.oneTimeCode(code), to: begun).completed != nil)
        #expect(try await bench.submit(.oneTimeCode(SecretText("000000")), to: begun).pageName == "over")
        #expect(
            try await bench.submit(.password(login: "anna", LoginBench.password), to: begun).pageName == "over",
            "the password is not what completed the login")
        let other = try await bench.begin()
        #expect(
            try await bench.login.submit(.oneTimeCode(code), to: begun.flow, from: other.browser).notice
                == .refused(.otherBrowser))
        #expect(try await bench.submit(.oneTimeCode(code), to: begun).completed != nil)
        bench.advance(LoginService.repeatWindow + .seconds(1))
        #expect(try await bench.submit(.oneTimeCode(code), to: begun).pageName == "over")
    }

    @Test func `a step sent again after the session has ended brings nothing back`() async throws {
        let bench = try await LoginBench()
        let secret = try await bench.enrol()
        let begun = try await atSecondFactor(bench)
        let code = bench.code(secret.reveal())
        let done = try #require(try await bench.submit(.oneTimeCode(code), to: begun).completed)
        _ = try await bench.sessions.end(done.started.session.id, .logout, by: bench.caller)
        #expect(try await bench.submit(.oneTimeCode(code), to: begun).pageName == "over")
        #expect(bench.sessions.sessions(of: bench.anna, in: bench.tenant).isEmpty)
    }

    // A code that is right is not lost to a flow that another request has moved.
    @Test func `a right code is kept when the flow has been moved meanwhile`() async throws {
        let bench = try await LoginBench()
        let secret = try await bench.enrol()
        let begun = try await atSecondFactor(bench)
        let code = bench.code(secret.reveal())
        var work = try #require(try await bench.login.load(begun.flow, begun.browser))
        let transition = try await bench.login.respond(to: .oneTimeCode(code), &work)
        _ = try await bench.submit(.oneTimeCode(SecretText("000000")), to: begun)
        await #expect(throws: LoginService.overtaken) { try await bench.login.settle(transition, &work) }
        #expect(try await bench.events("totp.used") == 0)
        #expect(try await bench.submit(.oneTimeCode(code), to: begun).completed != nil)
    }

    @Test func `an invitation opened twice enrols once, and its page comes back`() async throws {
        let bench = try await LoginBench()
        let link = try await bench.credentials.createLink(
            for: .invitation, person: bench.anna, lifetime: .hours(1), by: bench.caller)
        let text = link.token.reveal()
        let browser = bench.browser()
        let offer = try #require(try await bench.login.offer(link: text, to: browser))
        let own = bench.browser(offer.secret)
        let pages = try await withThrowingTaskGroup(of: LoginResult.self) { group in
            for _ in 0..<2 { group.addTask { try await bench.login.redeem(link: text, in: offer.flow, from: own) } }
            return try await group.reduce(into: [LoginResult]()) { $0.append($1) }
        }
        #expect(pages.map(\.pageName) == ["new password", "new password"])
        #expect(pages.allSatisfy { $0.notice == nil })
        #expect(try await bench.events("link.used") == 1)
    }
}
