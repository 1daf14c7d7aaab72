import Glibc
import Synchronization
import Testing
import Vocabulary

@testable import Passwords

@Suite struct PasswordHasherTests {
    static func pepper(_ current: String) throws -> PepperSource {
        try PepperSource(
            currentKeyID: current,
            keys: ["a": SecretBytes(Array(0..<32)), "b": SecretBytes(Array(1..<33))])
    }

    @Test func `a new hash verifies, carries its key, and asks for a rehash only when the key or the costs changed`()
        async throws
    {
        let hasher = try PasswordHasher(configuration: .init(threads: 1))
        let password = SecretText("a long enough pass\u{FB01}rase")
        let hash = try await hasher.hash(password, pepper: Self.pepper("a"))
        #expect(hash.encoded.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1,keyid=a$"))
        let stored = try hasher.read(hash.encoded)
        #expect(try await hasher.verify(password, against: stored, pepper: Self.pepper("a")) == .matched(rehash: false))
        #expect(try await hasher.verify(password, against: stored, pepper: Self.pepper("b")) == .matched(rehash: true))
        let normalized = SecretText("a long enough passfirase")
        #expect(
            try await hasher.verify(normalized, against: stored, pepper: Self.pepper("a")) == .matched(rehash: false))
        #expect(try await hasher.verify(SecretText("x"), against: stored, pepper: Self.pepper("a")) == .mismatched)
        await #expect(throws: Fault("passwords.pepper-missing", .ourselves, "")) {
            try await hasher.verify(password, against: stored)
        }
        #expect(!"\(hash)".contains("keyid"))
    }

    @Test func `1,024 bytes are hashed, one more is refused before any hashing`() async throws {
        let derivations = Mutex(0)
        let hasher = try PasswordHasher(configuration: .init(threads: 1)) { input, _ in
            derivations.withLock { $0 += 1 }
            return input
        }
        _ = try await hasher.hash(SecretText(String(repeating: "x", count: 1_024)))
        await #expect(throws: Fault("passwords.too-long", .caller, "")) {
            try await hasher.verify(SecretText(String(repeating: "x", count: 1_025)), against: nil)
        }
        #expect(derivations.withLock { $0 } == 1)
    }

    @Test func `nobody costs what somebody costs`() async throws {
        let seen = Mutex<[Argon2Hash]>([])
        let hasher = try PasswordHasher(configuration: .init(threads: 1)) { _, hash in
            seen.withLock { $0.append(hash) }
            return SecretBuffer(hash.digest)
        }
        #expect(try await hasher.verify(SecretText("x"), against: nil, pepper: Self.pepper("a")) == .mismatched)
        let work = seen.withLock { $0 }
        #expect(work.map(\.parameters) == [.standard] && work.map(\.pepperKeyID) == ["a"])
    }

    @Test func `an overloaded hasher answers busy with a wait, and never runs more than its threads`() async throws {
        let counts = Mutex((running: 0, most: 0))
        let configuration = PasswordHasherConfiguration(threads: 2, queueLimit: 4, queueLimitPerShare: 4)
        let hasher = try PasswordHasher(configuration: configuration) { input, _ in
            counts.withLock { $0 = ($0.running + 1, max($0.most, $0.running + 1)) }
            usleep(100_000)
            counts.withLock { $0.running -= 1 }
            return input
        }
        let results = await withTaskGroup(of: Fault?.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    do { _ = try await hasher.verify(SecretText("x"), against: nil) } catch { return error as? Fault }
                    return nil
                }
            }
            return await group.reduce(into: [Fault?]()) { $0.append($1) }
        }
        let refused = results.compactMap { $0 }
        #expect(!refused.isEmpty && refused.count < 40)
        #expect(refused.allSatisfy { $0.code == "passwords.busy" && ($0.retryAfter ?? .zero) >= .seconds(1) })
        #expect(counts.withLock { $0.most } == 2)
    }

}
