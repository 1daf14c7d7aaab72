import Identity
import Testing
import Vocabulary

@Suite struct SessionRulesTests {
    func session(
        _ events: [AuthenticationEvent] = [AuthenticationEvent(method: .password, provider: nil, at: start)],
        lifetime: SessionLifetime = .standard
    ) -> Session {
        Session(
            id: id(1), tenant: id(2), person: id(3), events: events, provider: nil, createdAt: start,
            lifetime: lifetime, secretHash: hash(1, .session))
    }

    // S4-15.
    @Test func idleAndAbsoluteLimitsEndItAtTheirMoment() {
        var session = session(lifetime: SessionLifetime(idleSeconds: 60, absoluteSeconds: 100))
        #expect(!session.isExpired(at: start + .seconds(60) - .microseconds(1)))
        #expect(session.isExpired(at: start + .seconds(60)))
        #expect(session.isExpired(at: start - .microseconds(1)))
        session.lastSeenAt = start + .seconds(59)
        #expect(!session.isExpired(at: start + .seconds(99)))
        #expect(session.isExpired(at: start + .seconds(100)))
        #expect(session.expiresAt == start + .seconds(100))
    }

    @Test func anEndedSessionStaysEndedForItsFirstReason() {
        var session = session()
        session.end(.logout, at: start)
        session.end(.administrator, at: start + .seconds(1))
        #expect(session.ended == .logout && session.endedAt == start)
        #expect(session.isExpired(at: start))
    }

    @Test func useIsWrittenAtMostEveryInterval() {
        let session = session()
        #expect(!session.needsTouch(at: start + .seconds(29)))
        #expect(session.needsTouch(at: start + .seconds(30)))
        let short = self.session(lifetime: SessionLifetime(idleSeconds: 10, absoluteSeconds: 100))
        #expect(short.needsTouch(at: start + .seconds(5)) && !short.needsTouch(at: start + .seconds(4)))
    }

    @Test func strengthAndAgeAreBothDemanded() {
        let session = session([
            AuthenticationEvent(method: .password, provider: nil, at: start),
            AuthenticationEvent(method: .oneTimePassword, provider: nil, at: start + .seconds(50)),
        ])
        let now = start + .seconds(60)
        #expect(session.satisfies(.aal2, maxAgeSeconds: 60, now: now))
        #expect(!session.satisfies(.aal2, maxAgeSeconds: 59, now: now))
        #expect(!self.session().satisfies(.aal2, now: now))
        #expect(self.session().satisfies(.aal1, now: now))
        #expect(!session.satisfies(.aal1, now: start + .hours(1)))
        #expect(!self.session([]).satisfies(.aal1, maxAgeSeconds: 60, now: now))
    }

    @Test func rotationChangesIdAndSecretAndRenewsNoAbsoluteLifetime() throws {
        let session = session(lifetime: SessionLifetime(idleSeconds: 60, absoluteSeconds: 100))
        let more = session.events + [AuthenticationEvent(method: .oneTimePassword, provider: nil, at: start)]
        let now = start + .seconds(40)
        let rotated = try #require(
            session.rotated(id: id(9), secretHash: hash(2, .session), events: more, now: now))
        #expect(rotated.rotatedFrom == session.id && rotated.person == session.person)
        #expect(rotated.absoluteLimitForTest == start + .seconds(100))
        #expect(session.rotated(id: session.id, secretHash: hash(2, .session), events: more, now: now) == nil)
        #expect(session.rotated(id: id(9), secretHash: session.secretHash, events: more, now: now) == nil)
        #expect(session.rotated(id: id(9), secretHash: hash(2, .session), events: [], now: now) == nil)
        #expect(
            session.rotated(
                id: id(9), secretHash: hash(2, .session), events: more, now: start + .seconds(60)) == nil)
    }

    @Test func anApplicationSessionEndsWithItsParentAndServesOneAudience() {
        var parent = session()
        let child = ApplicationSession(
            id: id(20), tenant: id(2), parent: id(1), application: id(30), tokenHash: hash(3, .applicationSession),
            createdAt: start, lifetime: .standard)
        #expect(!child.isExpired(at: start, parent: parent))
        #expect(child.isFor(id(30)) && !child.isFor(id(31)))
        parent.end(.logout, at: start)
        #expect(child.isExpired(at: start, parent: parent))
        let stranger = Session(
            id: id(8), tenant: id(2), person: id(3), events: [], provider: nil, createdAt: start,
            lifetime: .standard, secretHash: hash(1, .session))
        #expect(child.isExpired(at: start, parent: stranger))
    }

    @Test func aHandOverCodeOpensOneApplicationOnceWithinAMinute() {
        let session = session()
        var code = HandOverCode(
            hash: hash(5, .handOver), tenant: id(2), session: id(1), application: id(30),
            returnTarget: "https://a.example/x", createdAt: start, expiresAt: start + .hours(1))
        func refusal(
            _ application: UInt64 = 30, tenant: UInt64 = 2, target: String = "https://a.example/x",
            session: Session?, at now: Timestamp = start
        ) -> HandOverRefusal? {
            code.refusal(
                redeemingAt: id(application), tenant: id(tenant), returnTarget: target, session: session, now: now)
        }
        #expect(refusal(session: session) == nil)
        #expect(refusal(31, session: session) == .otherApplication)
        #expect(refusal(tenant: 3, session: session) == .otherTenant)
        #expect(refusal(target: "https://a.example/y", session: session) == .otherTarget)
        #expect(refusal(session: session, at: start + .seconds(60)) == .expired)
        #expect(refusal(session: session, at: start + .seconds(59)) == nil)
        #expect(refusal(session: nil) == .sessionOver)
        var ended = session
        ended.end(.logout, at: start)
        #expect(refusal(session: ended) == .sessionOver)
        code.usedAt = start
        #expect(refusal(session: session) == .used)
    }
}

extension Session {
    var absoluteLimitForTest: Timestamp { createdAt + .seconds(lifetime.absoluteSeconds) }
}

@Suite struct BearerTokenTests {
    @Test(arguments: TokenKind.allCases) func theTextReadsBackAsItsOwnKindOnly(kind: TokenKind) throws {
        let random = (0..<32).map { UInt8($0 * 37 % 256) }
        let token = try #require(BearerToken(kind: kind, random: random))
        let text = token.text.reveal()
        #expect(text.hasPrefix(kind.prefix) && text.utf8.count == kind.prefix.utf8.count + 43)
        #expect(BearerToken(text: text, kind: kind)?.hash == token.hash)
        for other in TokenKind.allCases where other != kind {
            #expect(BearerToken(text: text, kind: other) == nil)
            // CVE-2026-4282: the same secret under another kind is found nowhere.
            #expect(TokenHash(of: random, kind: other) != token.hash)
        }
        #expect(!"\(token)".contains(text.dropFirst(5)))
    }

    @Test func onlyOneSpellingOfThirtyTwoBytesIsRead() {
        let text = BearerToken(kind: .session, random: [UInt8](repeating: 0, count: 32))!.text.reveal()
        #expect(text == "gh_s_" + String(repeating: "A", count: 43))
        for wrong in [
            "", "gh_s_", text + "A", String(text.dropLast()), text.dropLast() + "B", text.dropLast() + "=",
            text.dropLast() + "+", "GH_S_" + text.dropFirst(5),
        ] {
            #expect(BearerToken(text: String(wrong), kind: .session) == nil)
        }
        #expect(BearerToken(kind: .session, random: [UInt8](repeating: 0, count: 31)) == nil)
        #expect(BearerToken(kind: .session, random: [UInt8](repeating: 0, count: 33)) == nil)
        #expect(TokenHash(bytes: [UInt8](repeating: 0, count: 31)) == nil)
    }
}
