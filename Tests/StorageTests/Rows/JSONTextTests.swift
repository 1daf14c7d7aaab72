import Foundation
import Identity
import Testing
import Vocabulary

@testable import Storage

/// The records that write themselves are text for text what the general encoder makes of them, and are read back by the
/// general decoder.
@Suite struct JSONTextTests {
    private static let now = Timestamp(microseconds: 1_800_000_000_123_456)
    private static let hash = TokenHash(of: [UInt8](0..<32), kind: .preSession)
    private static let events = [
        AuthenticationEvent(method: .password, provider: ProviderID(high: 1, low: 2), at: now),
        AuthenticationEvent(method: .oneTimePassword, provider: nil, at: now + .seconds(1)),
    ]

    private func expectSame<Record: JSONRecord & Codable & Equatable>(_ record: Record) throws {
        let text = JSONText.text(of: record)
        #expect(try JSONColumn.encode(record) == .text(text))
        #expect(try JSONColumn.decode(Record.self, text) == record)
    }

    private func session(_ events: [AuthenticationEvent], full: Bool) -> Session {
        Session(
            id: SessionID(high: 3, low: 4), tenant: TenantID(high: 5, low: .max), person: PersonID(high: 7, low: 8),
            events: events, provider: full ? ProviderID(high: 9, low: 10) : nil, createdAt: Self.now,
            lifetime: .standard, secretHash: Self.hash, rotatedFrom: full ? SessionID(high: 11, low: 12) : nil,
            device: full ? DeviceID(high: 13, low: 14) : nil, endedAt: full ? Self.now + .seconds(2) : nil,
            ended: full ? .logout : nil)
    }

    private func flow(_ request: LoginRequest, _ session: Session? = nil) throws -> LoginFlow {
        try #require(
            LoginFlow.begin(
                id: FlowID(high: 1, low: 1), tenant: TenantID(high: 5, low: .max), browser: Self.hash, request: request,
                session: session, lifetime: .minutes(15), now: Self.now))
    }

    @Test func `a session with and without everything that may be absent`() throws {
        try expectSame(session(Self.events, full: true))
        try expectSame(session([], full: false))
    }

    @Test(arguments: [
        nil, "", "/a?b=c", "https://ä.example/\u{1F600}", "\"\\/\u{8}\u{9}\u{A}\u{C}\u{D}\u{0}\u{1F}\u{7F}\u{2028}",
    ])
    func `a flow with every kind of text`(target: String?) throws {
        try expectSame(
            flow(
                LoginRequest(
                    application: target == nil ? nil : ApplicationID(high: 2, low: 3), returnTarget: target,
                    demandedStrength: .aal2, maxAgeSeconds: target.map { Int64($0.utf8.count) })))
    }

    @Test func `a flow that a client or an application began`() throws {
        try expectSame(flow(LoginRequest(returnTarget: "/x", client: ClientID(high: 1, low: 2))))
        try expectSame(flow(LoginRequest(samlApplication: SAMLApplicationID(high: 1, low: 2))))
        try expectSame(flow(LoginRequest(returnTarget: "/x", maxAgeSeconds: 5, isPassive: true)))
    }

    @Test func `a flow that goes to its provider for several factors`() throws {
        let (provider, person) = (ProviderID(high: 1, low: 2), PersonID(high: 7, low: 8))
        var flow = try flow(LoginRequest())
        let context = LoginContext(
            browser: Self.hash,
            realms: HomeRealms(providers: [LoginProvider(id: provider, isRedirect: true, asksForFactors: true)]),
            subject: LoginSubjectFacts(person: person, tenant: flow.tenant, isActive: true, rolesRequireMFA: true))
        flow = flow.decide(.providerChosen(provider), context: context, now: Self.now).flow
        let proof = flow.stamp.proof(of: person, by: .federated, at: Self.now)
        flow = flow.decide(.upstreamVerified(proof, isMultiFactor: false), context: context, now: Self.now).flow
        #expect(flow.step == .upstream && flow.asksProviderForFactors)
        try expectSame(flow)
    }

    @Test func `a flow at every step it can come to`() throws {
        let provider = ProviderID(high: 1, low: 2)
        let person = PersonID(high: 7, low: 8)
        var flow = try flow(LoginRequest())
        let facts = LoginSubjectFacts(
            person: person, tenant: flow.tenant, isActive: true, enrolledFactors: [.oneTimePassword],
            rolesRequireMFA: true, mayBeAskedForMFA: true, mayHaveLocalPassword: false)
        let context = LoginContext(
            browser: Self.hash, realms: HomeRealms(providers: [LoginProvider(id: provider)]), subject: facts,
            stepUpSession: nil)
        func take(_ input: LoginInput) throws {
            flow = flow.decide(input, context: context, now: Self.now).flow
            try expectSame(flow)
        }
        try take(.providerChosen(provider))
        try take(.primaryRefused(.badCredentials, flow.stamp))
        try take(.primaryVerified(flow.stamp.proof(of: person, by: .password, at: Self.now)))
        #expect(flow.step == .secondFactor)
        try take(.secondFactorRefused(flow.stamp))
        try take(.secondFactorVerified(flow.stamp.proof(of: person, by: .oneTimePassword, at: Self.now)))
        #expect(flow.step == .completed)
        #expect(flow.proofs.count == 2)
    }

    @Test func `a flow that strengthens a session carries its proofs`() throws {
        let session = session(Self.events, full: false)
        let flow = try flow(LoginRequest(stepUpOf: session.id), session)
        #expect(flow.carried == Self.events)
        try expectSame(flow)
    }

    @Test func `counts of tries, fresh and after failures`() throws {
        var (lock, budget) = (SoftLock(), UpstreamBindBudget())
        try expectSame(lock)
        try expectSame(budget)
        lock.failed(at: Self.now)
        _ = budget.reserve(limit: 3, window: .minutes(1), at: Self.now)
        try expectSame(lock)
        try expectSame(budget)
    }
}
