import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite struct LinkLoginTests {
    private func offered(_ link: MadeLink, _ bench: LoginBench) async throws -> LoginBench.Begun {
        let offer = try #require(try await bench.login.offer(link: link.token.reveal(), to: bench.browser()))
        #expect(offer.purpose == link.link.purpose)
        return LoginBench.Begun(flow: offer.flow, browser: bench.browser(offer.secret), page: nil)
    }

    @Test func `looking at a link does not use it up, using it does, and its password is the person's`() async throws {
        let bench = try await LoginBench()
        let before = try #require(try await bench.signIn().completed).started
        let link = try await bench.credentials.createLink(
            for: .passwordReset, person: bench.anna, lifetime: .hours(1), by: bench.caller)
        _ = try await offered(link, bench)
        let begun = try await offered(link, bench)
        let page = try await bench.login.redeem(link: link.token.reveal(), in: begun.flow, from: begun.browser)
        #expect(page.pageName == "new password")
        #expect(try await bench.login.offer(link: link.token.reveal(), to: bench.browser()) == nil)
        let fresh = SecretText("a password after the reset")
        let done = try await bench.submit(.newPassword(fresh, present: nil), to: begun)
        #expect(done.completed?.started.session.person == bench.anna)
        #expect(bench.live.session(before.session.id) == nil, "what was open under the old password has ended")
        #expect(try await bench.signIn("anna", fresh).completed != nil)
        #expect(try !bench.holds(link.token.reveal().dropFirst(5).utf8))
    }

    @Test func `a link redeemed in two browsers opens in one`() async throws {
        let bench = try await LoginBench()
        let link = try await bench.credentials.createLink(
            for: .passwordReset, person: bench.anna, lifetime: .hours(1), by: bench.caller)
        let (one, two) = (try await offered(link, bench), try await offered(link, bench))
        #expect(
            try await bench.login.redeem(link: link.token.reveal(), in: one.flow, from: one.browser).pageName
                == "new password")
        let late = try await bench.login.redeem(link: link.token.reveal(), in: two.flow, from: two.browser)
        #expect(late.notice == .linkRefused)
        #expect(late.pageName == "identifier")
    }

    @Test func `a reset does not go around a second factor`() async throws {
        let bench = try await LoginBench()
        let secret = try await bench.enrol().reveal()
        let link = try await bench.credentials.createLink(
            for: .passwordReset, person: bench.anna, lifetime: .hours(1), by: bench.caller)
        let begun = try await offered(link, bench)
        #expect(
            try await bench.login.redeem(link: link.token.reveal(), in: begun.flow, from: begun.browser).pageName
                == "second factor")
        #expect(
            try await bench.submit(.newPassword(SecretText("a password after the reset"), present: nil), to: begun)
                .pageName == "second factor")
        #expect(try await bench.submit(.oneTimeCode(bench.code(secret)), to: begun).pageName == "new password")
    }

    @Test func `the set-up link makes the first administrator, with the role and nothing else`() async throws {
        let bench = try await LoginBench()
        let link = try await bench.credentials.createLink(
            for: .setup, person: nil, lifetime: .hours(1), by: bench.caller)
        let begun = try await offered(link, bench)
        let page = try await bench.login.redeem(link: link.token.reveal(), in: begun.flow, from: begun.browser)
        guard case .newPassword(.initial, let login, _, false)? = page.page else {
            throw Fault("test", .ourselves, page.pageName)
        }
        #expect(login == "admin")
        var result = try await bench.submit(
            .newPassword(SecretText("the first of all passwords"), present: nil), to: begun)
        if case .enrolment(let enrolment)? = result.page {
            let secret = try #require(Base32.decode(enrolment.secret.reveal()))
            result = try await bench.submit(.oneTimeCode(bench.code(secret)), to: begun)
        }
        let person = try #require(result.completed).started.session.person
        let roles = try await bench.store.read { sql in
            try sql.assignments(of: .person(person)).map { try sql.role($0.role, in: bench.tenant)?.name }
        }
        #expect(roles == ["Admin"])
    }
}
