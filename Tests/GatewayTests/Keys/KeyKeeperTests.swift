import Authorization
import Foundation
import Identity
import Testing
import Vocabulary

@testable import Gateway
@testable import Storage

@Suite("Old keys are seen off, each when nothing needs it any more")
struct KeyKeeperTests {
    /// Opens a gateway whose clock the body moves.
    private static func with(
        _ body: (Gateway, Caller, MovedClock) async throws -> Void
    ) async throws {
        let bench = try RulesBench()
        defer { bench.remove() }
        let moment = MovedClock()
        let gateway = try await Gateway.open(
            bench.configuration, logger: bench.logger, clock: moment.now, uptime: moment.uptime)
        let tenant = try #require(gateway.tenants.defaultTenant).id
        let caller = Caller(tenant: tenant, actor: .operatingSystemUser(0), command: .random(at: moment.value))
        do { try await body(gateway, caller, moment) } catch {
            try? await gateway.close()
            throw error
        }
        try await gateway.close()
    }

    private static func person(_ login: String, _ gateway: Gateway, _ caller: Caller) async throws -> PersonID {
        var edit = PersonEdit()
        edit.login = login
        return try await gateway.people.create(edit, by: caller).id
    }

    private static func keys(_ purpose: RotatableKey, _ gateway: Gateway, _ caller: Caller) async throws -> [ListedKey]
    {
        try await gateway.keyKeeper.keys(of: caller.tenant).filter { $0.purpose == purpose.rawValue }
    }

    // S4-72.
    @Test func everySealedValueOpensAfterARotationIsSealedAnewAndTheKeyIsDestroyed() async throws {
        try await Self.with { gateway, caller, moment in
            let ada = try await Self.person("ada", gateway, caller)
            let enrolment = try await gateway.credentials.beginTOTP(for: ada, by: caller)
            for key in RotatableKey.allCases { try await gateway.rotateKey(key, by: caller) }
            let rotated = try await gateway.keyKeeper.keys(of: caller.tenant)
            #expect(rotated.count == 2 * RotatableKey.allCases.count)
            #expect(Set(rotated.map(\.state)) == ["active", "retiring"])
            #expect(rotated.first { $0.purpose == "credential" }?.waitsFor == ["resealed"])

            // At once what can be sealed anew is; nothing is destroyed before the last that was sealed can be stored.
            let first = try await gateway.keyKeeper.tend(by: caller)
            #expect(first.resealed == 2 && first.retired == 0 && first.unreadable == 0)
            let pending = try await Self.keys(.credential, gateway, caller)
            #expect(pending[0].waitsFor == ["grace"] && pending[0].count == 0 && pending[1].count == 1)
            moment.advance(KeyKeeper.grace)
            let second = try await gateway.keyKeeper.tend(by: caller)
            #expect(second.resealed == 0 && second.retired == RotatableKey.allCases.count)
            let done = try await gateway.keyKeeper.keys(of: caller.tenant)
            #expect(done.filter { $0.state == "retired" }.count == RotatableKey.allCases.count)
            #expect(gateway.store.keys.tenantsWithOldKeys.isEmpty)
            let total = await gateway.keyKeeper.total
            #expect(total == KeyReport(resealed: 2, unreadable: 0, retired: RotatableKey.allCases.count))

            // The secret that was shown before all this still makes the right codes.
            let sealed = try #require(try await gateway.store.read { try $0.totp(of: ada, pending: true) }.first)
            let secret = try gateway.store.keys.open(
                sealed.sealedSecret, purpose: .credential, tenant: caller.tenant,
                context: enrolment.id.bytes + ada.bytes)
            #expect(Base32.encode(secret) == enrolment.secret.reveal())
        }
    }

    @Test func aPepperWaitsForTheNextLoginOfEverybody() async throws {
        try await Self.with { gateway, caller, moment in
            let ada = try await Self.person("ada", gateway, caller)
            let password = SecretText("seven different walnut ladders")
            let outcome = try await gateway.credentials.setPassword(password, of: ada, mustChange: false, by: caller)
            #expect(outcome == .changed)
            try await gateway.rotateKey(.passwordPepper, by: caller)
            moment.advance(KeyKeeper.grace)
            #expect(try await gateway.keyKeeper.tend(by: caller) == KeyReport())
            let waiting = try await Self.keys(.passwordPepper, gateway, caller)
            #expect(waiting.map(\.state) == ["retiring", "active"])
            #expect(waiting[0].waitsFor == ["next_login"] && waiting[0].values == ["passwords": 1])

            let proven = try await gateway.credentials.verifyPassword(password, of: ada, in: caller.tenant)
            #expect(proven == .matched(mustChange: nil))
            #expect(try await gateway.keyKeeper.tend(by: caller).retired == 1)
            let settled = try await Self.keys(.passwordPepper, gateway, caller)
            #expect(settled.map(\.state) == ["retired", "active"] && settled[1].values == ["passwords": 1])
            let again = try await gateway.credentials.verifyPassword(password, of: ada, in: caller.tenant)
            #expect(again == .matched(mustChange: nil))
        }
    }

    @Test func whatOnlyExpiresKeepsItsKeyUntilThen() async throws {
        try await Self.with { gateway, caller, moment in
            let command = CommandID.random(at: moment.value)
            _ = try await gateway.commands.claim(command, request: [1], in: caller.tenant)
            try await gateway.rotateKey(.record, by: caller)
            moment.advance(KeyKeeper.grace)
            #expect(try await gateway.keyKeeper.tend(by: caller).retired == 0)
            let waiting = try await Self.keys(.record, gateway, caller)
            #expect(waiting[0].waitsFor == ["expiry"] && waiting[0].values == ["command_answers": 1])
            #expect(
                try await gateway.commands.claim(command, request: [1], in: caller.tenant) == .withoutAnswer)
            moment.advance(CommandLedger.retention + .seconds(1))
            try await gateway.commands.sweep(now: moment.value, limit: 10)
            #expect(try await gateway.keyKeeper.tend(by: caller).retired == 1)
        }
    }

    @Test func recordedDecisionsKeepTheKeyThatTheyWereSealedUnder() async throws {
        try await Self.with { gateway, caller, moment in
            let origin = DecisionOrigin(caller: nil, protocol: "api")
            let question = DecisionQuestion(
                .subject(kind: .person, id: "nobody"), action: "read", resourceType: "page", resourceID: "/")
            _ = try await gateway.decisions.decide(question, in: caller.tenant, origin: origin)
            try await eventually {
                try await gateway.decisionLog.list(DecisionFilter(), in: caller.tenant, limit: 1).decisions.count == 1
            }
            try await gateway.rotateKey(.record, by: caller)
            moment.advance(KeyKeeper.grace)
            #expect(try await gateway.keyKeeper.tend(by: caller).retired == 0)
            let waiting = try await Self.keys(.record, gateway, caller)
            #expect(waiting[0].waitsFor == ["expiry"] && waiting[0].values == ["decision_segments": 1])
            let listed = try await gateway.decisionLog.list(DecisionFilter(), in: caller.tenant, limit: 1)
            #expect(listed.decisions.first?.question?.action == "read")
        }
    }

    /// Polls until something written in the background is there.
    private func eventually(_ isThere: () async throws -> Bool) async throws {
        for _ in 0..<200 {
            if try await isThere() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("It did not come.")
    }

    @Test func theBackgroundFindsTenantsWithOldKeysAndLeavesTheOthers() async throws {
        try await Self.with { gateway, caller, moment in
            await gateway.keyKeeper.tend()
            #expect(await gateway.keyKeeper.total == KeyReport())
            _ = try await gateway.credentials.beginTOTP(
                for: Self.person("ada", gateway, caller), by: caller)
            try await gateway.rotateKey(.credential, by: caller)
            await gateway.keyKeeper.tend()
            #expect(await gateway.keyKeeper.total.resealed == 1)
            moment.advance(KeyKeeper.grace + .seconds(1))
            await gateway.keyKeeper.tend()
            #expect(await gateway.keyKeeper.total.retired == 1)
        }
    }

    @Test func aClockThatIsSetNeitherShortensNorLengthensTheGrace() async throws {
        try await Self.with { gateway, caller, moment in
            try await gateway.rotateKey(.credential, by: caller)
            moment.leap(KeyKeeper.grace + .seconds(3_600))
            #expect(try await gateway.keyKeeper.tend(by: caller).retired == 0)
            #expect(try await Self.keys(.credential, gateway, caller)[0].waitsFor == ["grace"])
            moment.advance(KeyKeeper.grace - .seconds(1))
            #expect(try await gateway.keyKeeper.tend(by: caller).retired == 0)
            moment.leap(.seconds(-86_400))
            moment.advance(.seconds(1))
            #expect(try await gateway.keyKeeper.tend(by: caller).retired == 1)
        }
    }

    @Test func segmentsOfAClockThatWasSetKeepTheKey() {
        func span(_ first: Int64, _ last: Int64?) -> DecisionLog.Span {
            DecisionLog.Span(firstAt: Timestamp(seconds: first), lastAt: last.map { Timestamp(seconds: $0) })
        }
        let spans = [span(10, 20), span(900, 905), span(30, 25), span(40, nil)]
        #expect(DecisionLog.judged(spans).map(\.isInOrder) == [true, false, false, true])
    }
}
