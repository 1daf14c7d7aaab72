import Crypto
import Foundation
import Identity
import Passwords
import Storage
import Synchronization
import Testing
import Vocabulary

@testable import Gateway

@Suite struct CredentialServiceTests {
    /// A store of its own in a temporary directory, with one tenant and one person, and a clock that tests move.
    final class Bench: Sendable {
        let directory: String
        let store: Store
        let service: CredentialService
        let time: @Sendable (Timestamp?) -> Timestamp
        let caller: Caller
        let person: PersonID

        init(history: Int = 2, breached: BreachedPasswords? = nil) async throws {
            let moment = Mutex(Timestamp(seconds: 1_800_000_000))
            let box = Box(moment)
            time = { box.set($0) }
            let clock: @Sendable () -> Timestamp = { box.set(nil) }
            directory = NSTemporaryDirectory() + "credentials-\(UUID().uuidString)"
            store = try await Store.open(
                StoreConfiguration(directory: directory, node: .random(at: clock())), masterKey: .generate(),
                clock: clock)
            service = try CredentialService(
                store: store, hasher: PasswordHasher(configuration: .init(threads: 1)),
                passwords: Self.passwords(history), multiFactor: Self.multiFactor,
                blockList: BlockList("correct horse battery"), breached: breached, clock: clock)
            let tenant = Tenant(id: .random(at: clock()), slug: "main", name: "Example Works")
            let person = Person(id: .random(at: clock()), tenant: tenant.id, login: "anna", createdAt: clock())
            self.person = person.id
            caller = Caller(tenant: tenant.id, actor: .operatingSystemUser(0), command: .random(at: clock()))
            try await store.write(.administration) { tx in
                try tx.sql.insert(tenant, managedBy: .api, at: tx.now)
                try tx.sql.insert(person, at: 1)
            }
        }

        /// Another service on the same store.
        func with(breached: BreachedPasswords) throws -> CredentialService {
            try CredentialService(
                store: store, hasher: PasswordHasher(configuration: .init(threads: 1)),
                passwords: Self.passwords(2), multiFactor: Self.multiFactor, blockList: BlockList(""),
                breached: breached, clock: { [time] in time(nil) })
        }

        deinit { try? FileManager.default.removeItem(atPath: directory) }

        final class Box: Sendable {
            private let moment: Mutex<Timestamp>
            init(_ moment: consuming Mutex<Timestamp>) { self.moment = moment }
            func set(_ new: Timestamp?) -> Timestamp {
                moment.withLock {
                    if let new { $0 = new }; return $0
                }
            }
        }

        func events() async throws -> [String] {
            try await store.read { sql in
                try sql.query("SELECT type FROM journal_event ORDER BY position", []).map { try $0.text(0) }
            }
        }

        static func passwords(_ history: Int) -> PasswordConfiguration {
            PasswordConfiguration(
                minimumLength: 15, minimumLengthWithMultiFactor: 12, maximumBytes: 1_024, blockList: true,
                contextWords: ["gatehouse"], history: history, upper: 0, lower: 0, digit: 0, special: 0,
                argon2MemoryKiB: 19_456, argon2Passes: 2, argon2Lanes: 1, hashingQueue: 64)
        }

        static let multiFactor = MultiFactorConfiguration(
            requiredRoles: [], issuer: "Example", digits: 6, period: .seconds(30), skewSteps: 1, recoveryCodes: 10)
    }

    static let first = SecretText("a first long passphrase")
    static let second = SecretText("a second long passphrase")

    @Test func `a password is set, verified, changed by proof of the old one, and not taken back`() async throws {
        let bench = try await Bench()
        let service = bench.service
        #expect(try await service.verifyPassword(Self.first, of: bench.person, in: bench.caller.tenant) == .mismatched)
        #expect(
            try await service.setPassword(Self.first, of: bench.person, mustChange: true, by: bench.caller) == .changed)
        #expect(
            try await service.verifyPassword(Self.first, of: bench.person, in: bench.caller.tenant)
                == .matched(mustChange: .expired))
        #expect(
            try await service.changePassword(from: Self.second, to: Self.second, of: bench.person, by: bench.caller)
                == .wrongPassword)
        #expect(
            try await service.changePassword(from: Self.first, to: Self.second, of: bench.person, by: bench.caller)
                == .changed)
        #expect(
            try await service.verifyPassword(Self.second, of: bench.person, in: bench.caller.tenant)
                == .matched(mustChange: nil))
        for old in [Self.first, Self.second] {
            #expect(
                try await service.setPassword(old, of: bench.person, mustChange: false, by: bench.caller)
                    == .refused([.reused(history: 2)]))
        }
        // Whoever may ask about a person must not learn by it what their passwords are or were.
        for old in [Self.first, Self.second] {
            #expect(try await service.check(old, for: bench.person, in: bench.caller.tenant).violations.isEmpty)
        }
        #expect(try await service.verifyPassword(Self.first, of: nil, in: bench.caller.tenant) == .mismatched)
        #expect(try await bench.events() == ["password.changed", "password.changed"])
    }

    @Test func `a candidate is judged by the person's words, the configured ones and the list`() async throws {
        let bench = try await Bench()
        func violations(_ text: String) async throws -> [PasswordPolicyViolation] {
            try await bench.service.check(SecretText(text), for: bench.person, in: bench.caller.tenant).violations
        }
        #expect(try await violations("this is anna speaking") == [.contextWord(.login)])
        #expect(try await violations("inside the Gatehouse door") == [.contextWord(.configured)])
        #expect(try await violations("Correct Horse Battery") == [.blockListed])
        #expect(try await violations(String(repeating: "x", count: 1_025)) == [.tooLong(maximumBytes: 1_024)])
        #expect(try await violations("nothing wrong with it") == [])
    }

    // S4-13. The offline file that `gatehouse user password check` and every change of a password look into.
    @Test func `a password known from a breach is refused with the reason, and one in use has to be changed`()
        async throws
    {
        let file = NSTemporaryDirectory() + "breached-\(UUID().uuidString)"
        let known = "tea with milk and honey"
        let hash = Insecure.SHA1.hash(data: Array(known.utf8)).map { String(format: "%02X", $0) }.joined()
        try "\(hash):17\n".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let before = try await Bench()
        #expect(
            try await before.service.setPassword(
                SecretText(known), of: before.person, mustChange: false, by: before.caller) == .changed)
        let bench = try await Bench(breached: try BreachedPasswords(path: file))
        let tenant = bench.caller.tenant
        let verdict = try await bench.service.check(SecretText(known), for: bench.person, in: tenant)
        #expect(verdict.violations == [.compromised])
        #expect(verdict.violations[0].explanation.contains("known from a breach"))
        #expect(
            try await bench.service.check(SecretText("milk with tea and honey"), for: bench.person, in: tenant)
                .violations.isEmpty)
        #expect(
            try await bench.service.setPassword(
                SecretText(known), of: bench.person, mustChange: false, by: bench.caller)
                == .refused([.compromised]))
        // The same store, once the file is there: the password it holds has become known meanwhile.
        let later = try before.with(breached: try BreachedPasswords(path: file))
        #expect(
            try await later.verifyPassword(SecretText(known), of: before.person, in: before.caller.tenant)
                == .matched(mustChange: .compromised))
        #expect(
            try await later.verifyPassword(SecretText("wrong"), of: before.person, in: before.caller.tenant)
                == .mismatched)
    }

    @Test func `an authenticator app is enrolled by a right code, and each code works once`() async throws {
        let bench = try await Bench()
        let service = bench.service
        let enrolment = try await service.beginTOTP(for: bench.person, by: bench.caller)
        let secret = SecretBytes(try #require(Base32.decode(enrolment.secret.reveal())))
        func code() -> SecretText {
            SecretText(service.totp.code(secret: secret, counter: UInt64(service.totp.step(at: bench.time(nil)))))
        }
        #expect(try await service.verifyTOTP(code(), of: bench.person, by: bench.caller) == .notEnrolled)
        #expect(try await service.confirmTOTP(SecretText("00000x"), of: bench.person, by: bench.caller) == .wrong)
        #expect(try await service.confirmTOTP(code(), of: bench.person, by: bench.caller) == .accepted)
        #expect(try await service.verifyTOTP(code(), of: bench.person, by: bench.caller) == .replayed)
        _ = bench.time(bench.time(nil) + .seconds(60))
        #expect(try await service.verifyTOTP(code(), of: bench.person, by: bench.caller) == .accepted)
        _ = bench.time(bench.time(nil) + .seconds(60))
        for _ in 0..<3 {
            #expect(try await service.verifyTOTP(SecretText("00000x"), of: bench.person, by: bench.caller) == .wrong)
        }
        guard case .retryAfter = try await service.verifyTOTP(code(), of: bench.person, by: bench.caller) else {
            Issue.record("a fourth try in one step was compared")
            return
        }
        #expect(try await service.removeTOTP(of: bench.person, by: bench.caller) == 1)
        #expect(try await bench.events() == ["totp.enrolment_begun", "totp.enrolled", "totp.used", "totp.removed"])
    }

    @Test func `a recovery code works once, for its person only, and new ones void the old`() async throws {
        let bench = try await Bench()
        let service = bench.service
        let codes = try await service.makeRecoveryCodes(for: bench.person, by: bench.caller)
        #expect(codes.count == 10)
        let other = PersonID.random(at: bench.time(nil))
        #expect(try await service.useRecoveryCode(codes[0], of: other, by: bench.caller) == .notEnrolled)
        #expect(try await service.useRecoveryCode(codes[0], of: bench.person, by: bench.caller) == .accepted)
        #expect(try await service.useRecoveryCode(codes[0], of: bench.person, by: bench.caller) == .replayed)
        #expect(try await service.remainingRecoveryCodes(of: bench.person) == 9)
        _ = try await service.makeRecoveryCodes(for: bench.person, by: bench.caller)
        #expect(try await service.useRecoveryCode(codes[1], of: bench.person, by: bench.caller) == .wrong)
    }

    @Test func `a link opens for its purpose, once; a refused password leaves it open, a newer one revokes it`()
        async throws
    {
        let bench = try await Bench()
        let service = bench.service
        func make() async throws -> String {
            try await service.createLink(
                for: .passwordReset, person: bench.person, lifetime: .seconds(600), by: bench.caller
            ).token.reveal()
        }
        let old = try await make()
        let link = try await make()
        let tenant = bench.caller.tenant
        #expect(try await service.openLink(old, for: .passwordReset, in: tenant) == .refused(.revoked))
        #expect(try await service.openLink(link, for: .invitation, in: tenant) == .refused(.wrongPurpose))
        #expect(try await service.openLink(link + "x", for: .passwordReset, in: tenant) == .unknown)
        #expect(
            try await service.setPassword(SecretText("short"), byLink: link, caller: bench.caller)
                == .refused([.tooShort(minimum: 15, found: 5)]))
        #expect(try await service.setPassword(Self.first, byLink: link, caller: bench.caller) == .changed)
        #expect(try await service.setPassword(Self.second, byLink: link, caller: bench.caller) == .linkRefused)
        let late = try await make()
        _ = bench.time(bench.time(nil) + .seconds(600))
        #expect(try await service.useLink(late, for: .passwordReset, by: bench.caller) == .refused(.expired))
    }
}

/// What a login does with a code, in a transaction of its own.
extension CredentialService {
    func confirmTOTP(_ code: SecretText, of person: PersonID, by caller: Caller) async throws -> CodeOutcome {
        try await use(try await examineEnrolment(code, of: person, by: caller))
    }

    func verifyTOTP(_ code: SecretText, of person: PersonID, by caller: Caller) async throws -> CodeOutcome {
        try await use(try await examineTOTP(code, of: person, by: caller))
    }

    func useRecoveryCode(_ code: SecretText, of person: PersonID, by caller: Caller) async throws -> CodeOutcome {
        try await use(try await examineRecoveryCode(code, of: person, by: caller))
    }

    private func use(_ examined: ExaminedCode) async throws -> CodeOutcome {
        guard examined.outcome == .accepted else { return examined.outcome }
        return try await store.write(.login) { try examined.use($0) } ? .accepted : .replayed
    }
}
