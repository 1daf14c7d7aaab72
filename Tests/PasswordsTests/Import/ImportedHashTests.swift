import Testing
import Vocabulary

@testable import Passwords

@Suite struct ImportedHashTests {
    static let password = SecretText("correct horse battery staple")
    // Made with bcrypt, passlib, Django and argon2-cffi, not with this code.
    static let foreign = [
        "$2b$04$qalt88xltWOSjLaDaqNIxeJ0lrFV8zQ1aZKaGCNDvz4knQmTDrmHS",
        "$2a$04$qalt88xltWOSjLaDaqNIxeJ0lrFV8zQ1aZKaGCNDvz4knQmTDrmHS",
        "$2y$04$qalt88xltWOSjLaDaqNIxeJ0lrFV8zQ1aZKaGCNDvz4knQmTDrmHS",
        "$pbkdf2$1000$rBXifG/tPSeE8L7XOifEGA$fzIAU1z650nwKin.jXyH6AKqolU",
        "$pbkdf2-sha256$1000$CAHg3FuLsZZyLuU8Z8x5zw$WUgXI7bdjWZx9XakXpvzkhdE2NHEZ76Cfm6yvKGoP3c",
        "$scrypt$ln=10,r=8,p=1$kzIGoHQuZQzBuFcqxbh3bg$xLO1hbu6lM1/zYezmhsL43LbK7j9S4Aj7hfbiAn+qgo",
        "$5$rounds=1000$MtYi5ntl86eNbuvA$POok3lQvaU3HqJWKGjQuBe5ZXmA8xm2NPRgT6bV7/g1",
        "$6$hla/NQrf62NTmZhE$hgtcaJxKXY5a8aYQph3Xk8u/LY7NQ8IKl8S.P7Z2EI98/mONPElDv5gPkVspsJe8Y6ZNrgiJwbUJ4L2I/HL9J/",
        "$1$lPigrRMs$UScXZERjXVMaDpieVnPEp/",
        "{SSHA}xHPGdUWQ6f2ZVMfIg/uPYQbc8os8h7A2", "{SHA}q/eq1kOINtvlJqojGr3i0O73TUI=",
        "{SSHA256}fDhUZEl3NzXFG/QXQLevJwru9omqGfx4G3ZoEGqyvX38f29tzdk7Jw==",
        "pbkdf2_sha256$1000$saltsaltsalt$KQDle8SXZRa7sBUZQfkYQI6NXnZxupxhxtm+aXnClyg=",
        "pbkdf2_sha1$1000$saltsaltsalt$MNEV9u2pN6dwoHiByKLtK5AJwGc=",
        "$argon2id$v=19$m=64,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gAwJW5vx5itn2V9KHlEUjyUCrpDYgKyQf0gMaHGx1h4",
        "$argon2i$v=19$m=64,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$tTEGqyzWgE8XeFIcVmGNBy2ro7tX1aVB4Lm/p52JsIo",
        "$argon2d$v=19$m=64,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$ieoA3l7PS/I3ikiFn012V+F3IzsQbtSPrjbzufF2dPM",
    ]

    @Test(arguments: foreign) func `a foreign hash verifies, asks for a rehash, and refuses another password`(
        text: String
    ) async throws {
        let hasher = try PasswordHasher(configuration: .init(threads: 1))
        let hash = try hasher.read(text)
        #expect(try await hasher.verify(Self.password, against: hash) == .matched(rehash: true))
        #expect(try await hasher.verify(SecretText("correct horse battery stapl"), against: hash) == .mismatched)
    }

    @Test(arguments: [
        "$2b$15$qalt88xltWOSjLaDaqNIxeJ0lrFV8zQ1aZKaGCNDvz4knQmTDrmHS",
        "pbkdf2_sha256$2000001$saltsaltsalt$KQDle8SXZRa7sBUZQfkYQI6NXnZxupxhxtm+aXnClyg=",
        "$argon2id$v=19$m=131073,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gAwJW5vx5itn2V9KHlEUjyUCrpDYgKyQf0gMaHGx1h4",
        "$scrypt$ln=18,r=8,p=1$kzIGoHQuZQzBuFcqxbh3bg$xLO1hbu6lM1/zYezmhsL43LbK7j9S4Aj7hfbiAn+qgo",
        "$5$rounds=500001$MtYi5ntl86eNbuvA$POok3lQvaU3HqJWKGjQuBe5ZXmA8xm2NPRgT6bV7/g1",
    ]) func `a cost one past the limit is refused when the hash is read`(text: String) {
        #expect(throws: Fault("passwords.hash-cost", .caller, "")) { try PasswordHash(text) }
    }

    @Test(arguments: [
        "", "$", "plain", "$argon2id$v=19$m=064,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gAwJW5vx5itn2V9KHlEUjw",
        "$argon2id$v=19$m=64,t=2,p=1,m=64$MDEyMzQ1Njc4OWFiY2RlZg$gAwJW5vx5itn2V9KHlEUjw",
        "$argon2id$v=19$m=64,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gAwJW5vx5g", "{SSHA}q/eq1kOINtvlJqojGr3i0O73TUI=",
        "$2b$04$short", "{CRYPT}x", "pbkdf2_sha256$1000$salt$AAAA",
    ]) func `a tampered or truncated hash is refused`(text: String) {
        #expect(throws: Fault("passwords.hash-malformed", .caller, "")) { try PasswordHash(text) }
    }

    @Test func `random edits never crash and an accepted PHC string keeps its spelling`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<5_000 {
            var bytes = Array(Self.foreign.randomElement(using: &generator)!.utf8)
            bytes[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 0x20...0x7E)
            let text = String(decoding: bytes, as: UTF8.self)
            _ = try? PasswordHash(text)
            if let phc = PHCString(text) { #expect(phc.description == text) }
        }
    }
}
