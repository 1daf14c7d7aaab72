import Foundation
import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

// S4-78: anomaly alerts on logins.
@Suite("What stands out about a sign-in is found after the password, and written with it")
struct LoginAnomalyTests {
    /// Signs in and answers the session and the browser's device cookie.
    private func signIn(
        _ bench: LoginBench, device: SecretText? = nil, source: String = "192.0.2.1"
    ) async throws -> CompletedLogin {
        try #require(try await bench.signIn(device: device, source: source).completed)
    }

    @Test("S4-78 a second browser stands out, the first one and the same one again do not")
    func newDevice() async throws {
        let bench = try await LoginBench()
        let first = try await signIn(bench)
        #expect(first.started.session.anomalies == [])
        let device = try #require(first.device)
        #expect(try await signIn(bench, device: device).started.session.anomalies == [])
        #expect(try await bench.events("login.anomaly_found") == 0)
        let other = try await signIn(bench)
        #expect(other.started.session.anomalies == [.newDevice])
        #expect(ValidatedCredential.session(other.started.session).principal.anomalies == [.newDevice])
        #expect(try await bench.events("login.anomaly_found") == 1)
        #expect(bench.login.tally.anomalies.counts == [.newDevice: 1])
        // From now on it is known.
        #expect(try await signIn(bench, device: other.device).started.session.anomalies == [])
    }

    @Test("a device cookie that is forged, too long, another's or another tenant's makes nobody known")
    func foreignDevices() async throws {
        let bench = try await LoginBench()
        let mine = try #require(try await signIn(bench).device)
        let bob = try await bench.insert("bob")
        #expect(
            try await bench.credentials.setPassword(LoginBench.password, of: bob, mustChange: false, by: bench.caller)
                == .changed)
        let his = try #require(try await bench.signIn("bob").completed?.device)
        for cookie in [
            his, SecretText("gh_d_" + String(repeating: "A", count: 43)), SecretText(mine.reveal() + "A"),
            SecretText(String(mine.reveal().dropLast())), SecretText(String(repeating: "x", count: 100_000)),
            SecretText(mine.reveal().replacingOccurrences(of: "gh_d_", with: "gh_s_")), SecretText(""),
        ] {
            #expect(try await signIn(bench, device: cookie).started.session.anomalies == [.newDevice])
        }
        let stranger = try await LoginBench()
        _ = try await stranger.signIn()
        #expect(try await stranger.signIn(device: mine).completed?.started.session.anomalies == [.newDevice])
        // The secret itself is stored nowhere.
        #expect(try !bench.holds(mine.reveal().utf8) && !bench.holds(mine.reveal().dropFirst(5).utf8))
    }

    @Test(
        "S4-78 a burst of wrong passwords is found with the right one, and a stranger's does not stick to a known browser"
    )
    func burst() async throws {
        let bench = try await LoginBench(
            lockout: LockoutConfiguration(
                accountLimit: 10, sourceLimit: 100, window: .minutes(15), lock: .minutes(10), knownDeviceLimit: 10))
        let device = try #require(try await signIn(bench).device)
        for _ in 0..<5 {
            #expect(try await bench.signIn("anna", SecretText("wrong wrong wrong")).completed == nil)
            bench.advance(.seconds(10))
        }
        #expect(try await bench.events("login.anomaly_found") == 0)
        #expect(try await signIn(bench, device: device).started.session.anomalies == [])
        #expect(try await signIn(bench).started.session.anomalies == [.newDevice, .failureBurst])
        // The right password set the count back.
        #expect(try await signIn(bench).started.session.anomalies == [.newDevice])
    }

    @Test("failures that locked the account are still a burst when the lock is over")
    func burstBehindLock() async throws {
        let bench = try await LoginBench()
        for _ in 0..<6 {
            _ = try await bench.signIn("anna", SecretText("wrong wrong wrong"))
            bench.advance(.seconds(10))
        }
        #expect(try await bench.signIn().completed == nil)
        bench.advance(.minutes(11))
        #expect(try await signIn(bench).started.session.anomalies == [.failureBurst])
    }

    @Test("nothing is found, written or counted before the password is right")
    func onlyAfterThePassword() async throws {
        let bench = try await LoginBench()
        _ = try await signIn(bench)
        let before = bench.login.tally.anomalies.counts
        for name in ["anna", "nobody-of-this-name"] {
            let refused = try await bench.signIn(name, SecretText("wrong wrong wrong"))
            #expect(refused.notice == .refused(.badCredentials))
            bench.advance(.seconds(5))
        }
        #expect(try await bench.events("login.anomaly_found") == 0)
        #expect(bench.login.tally.anomalies.counts == before)
    }

    @Test("with a second factor, it is found at the password, kept until the code, and found once")
    func secondFactor() async throws {
        let bench = try await LoginBench()
        _ = try await signIn(bench)
        let secret = try await bench.enrol()
        let begun = try await bench.begin()
        _ = try await bench.submit(.identifier("anna", provider: bench.local), to: begun)
        #expect(
            try await bench.submit(.password(login: "anna", LoginBench.password), to: begun).pageName == "second factor"
        )
        // Somebody who has the password and not the app: that is worth knowing.
        #expect(try await bench.events("login.anomaly_found") == 1)
        bench.login.flows.forgetAll()
        let done = try await bench.submit(.oneTimeCode(bench.code(secret.reveal())), to: begun)
        #expect(done.completed?.started.session.anomalies == [.newDevice])
        #expect(try await bench.events("login.anomaly_found") == 1)
        // Their history is that of completed sign-ins.
        #expect(try await bench.login.recentSignIns(of: bench.anna, in: bench.tenant).count == 2)
    }

    @Test("a session that is strengthened keeps what stood out, and is no sign-in of its own")
    func stepUp() async throws {
        let bench = try await LoginBench()
        _ = try await signIn(bench)
        let session = try await signIn(bench).started.session
        let secret = try await bench.enrol()
        let begun = try await bench.begin(LoginBeginning(demandedStrength: .aal2, session: session))
        let stronger = try await bench.submit(.oneTimeCode(bench.code(secret.reveal())), to: begun)
        #expect(stronger.completed?.started.session.rotatedFrom == session.id)
        #expect(stronger.completed?.started.session.anomalies == [.newDevice])
        #expect(try await bench.login.recentSignIns(of: bench.anna, in: bench.tenant).count == 2)
        // And so it is after a restart.
        let now = bench.now
        let stored = try await bench.store.read { try $0.liveSessions(at: now) }
        #expect(stored.first { $0.rotatedFrom == session.id }?.anomalies == [.newDevice])
    }

    @Test("a form sent twice leaves the browser its device, and finds nothing twice")
    func repeated() async throws {
        let bench = try await LoginBench()
        _ = try await signIn(bench)
        let begun = try await bench.begin()
        _ = try await bench.submit(.identifier("anna", provider: bench.local), to: begun)
        let answer = LoginAnswer.password(login: "anna", LoginBench.password)
        let first = try #require(try await bench.submit(answer, to: begun).completed)
        let again = try #require(try await bench.submit(answer, to: begun).completed)
        #expect(first.started.session.id == again.started.session.id)
        #expect(again.device?.reveal() == first.device?.reveal())
        #expect(try await bench.events("login.anomaly_found") == 1)
    }

    @Test("a device's time runs anew with every sign-in, and a person has a hundred at most")
    func devices() async throws {
        let bench = try await LoginBench()
        let device = try #require(try await signIn(bench).device)
        for _ in 0..<4 {
            bench.advance(.days(100))
            #expect(try await signIn(bench, device: device).started.session.anomalies.contains(.newDevice) == false)
        }
        bench.advance(.days(181))
        #expect(try await signIn(bench, device: device).started.session.anomalies.contains(.newDevice))
        let (anna, tenant) = (bench.anna, bench.tenant)
        let left = try await bench.store.write(.login) { tx in
            for number in 0..<110 {
                let token = try #require(
                    BearerToken(kind: .device, random: [UInt8](repeating: UInt8(number), count: 32)))
                try tx.sql.insertDevice(
                    .random(at: tx.now), of: anna, in: tenant, secretHash: token.hash, expiresAt: tx.now + .days(1),
                    at: tx.now)
                try tx.sql.trimDevices(of: anna)
            }
            return try tx.sql.query("SELECT 1 FROM device WHERE person = ?1", [.id(anna)]).count
        }
        #expect(left == 100)
    }

    @Test("what is remembered stands nowhere in clear, goes with the person, and opens for nobody else")
    func sealed() async throws {
        let bench = try await LoginBench()
        _ = try await signIn(bench)
        _ = try await signIn(bench)
        let (anna, tenant) = (bench.anna, bench.tenant)
        let keys = bench.store.keys
        #expect(try await bench.login.recentSignIns(of: anna, in: tenant).map(\.anomalies) == [[.newDevice], []])
        #expect(try !bench.holds("\"recent\":[".utf8) && !bench.holds("lastPlace".utf8))
        let bob = try await bench.insert("bob")
        // Moved to another person's row it does not open.
        await #expect(throws: Fault.self) {
            try await bench.store.write(.login) { tx in
                _ = try tx.sql.execute(
                    "UPDATE sign_in_history SET person = ?2 WHERE person = ?1", [.id(anna), .id(bob)])
                _ = try keys.signInHistory(of: bob, in: tenant, tx.sql)
            }
        }
        try await bench.people.erase(anna, by: bench.caller)
        let rows = try await bench.store.read { try $0.query("SELECT 1 FROM sign_in_history", []).count }
        #expect(rows == 0)
    }

    @Test("the numbers behind a finding are sealed under the person, and gone with them")
    func evidence() async throws {
        let bench = try await LoginBench()
        _ = try await signIn(bench)
        _ = try await signIn(bench)
        func section() async throws -> OpenedSection? {
            try await bench.store.events(
                of: bench.tenant, filter: EventFilter(typePrefix: "login.anomaly_found"), opening: true
            ).first?.sections.first
        }
        #expect(try await section()?.plaintext == Array("{}".utf8))
        #expect(try await section()?.person == bench.anna)
        try await bench.people.erase(bench.anna, by: bench.caller)
        #expect(try await section()?.plaintext == nil)
    }

    @Test("where nothing is looked for, nothing is remembered")
    func switchedOff() async throws {
        let bench = try await LoginBench(anomalies: AnomalySettings(kinds: []))
        _ = try await signIn(bench)
        #expect(try await signIn(bench).started.session.anomalies == [])
        let rows = try await bench.store.read { try $0.query("SELECT 1 FROM sign_in_history", []).count }
        #expect(rows == 0)
    }
}
