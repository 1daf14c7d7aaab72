import BenchTable
import Foundation
import JOSE

/// Tokens signed and verified a second, beside what OpenSSL's own bench does with the same algorithms in the same minute:
/// what is between the two is our JSON, base64 and checks.
@main
enum TokenBench {
    static func main() throws {
        let table = BenchTable()
        let floor = try OpenSSLSpeed.measure()
        for algorithm: SignatureAlgorithm in [.es256, .edDSA, .rs256, .ps256] {
            let run = try TokenRun(algorithm)
            guard let raw = floor[algorithm] else { throw Unusable(what: "openssl speed said nothing of it") }
            let (signs, verifies) = (try run.signsPerSecond(), try run.verifiesPerSecond())
            say("\(algorithm.rawValue): openssl speed \(Int(raw.sign)) signs/s, \(Int(raw.verify)) verifies/s")
            table.least("\(algorithm.rawValue) tokens signed a core-second", signs, algorithm.signBar, "")
            table.least("\(algorithm.rawValue) signing, of openssl speed", signs / raw.sign, algorithm.signShare, "")
            table.least("\(algorithm.rawValue) tokens verified a core-second", verifies, algorithm.verifyBar, "")
            table.least(
                "\(algorithm.rawValue) verifying, of openssl speed", verifies / raw.verify, algorithm.verifyShare, "")
        }
        if !table.isMet { exit(1) }
    }
}

/// Something the benchmark itself could not set up.
struct Unusable: Error {
    let what: String
}

/// One algorithm, a key of it, and claims of an access token's size.
struct TokenRun {
    let key: SigningKey
    let keys: JSONWebKeySet
    static let claims: JSONObject = [
        "iss": "https://gateway.example", "sub": "0193a1f0-7c3d-7b60-9d7a-4f8f5a2b6c1d", "aud": "https://api.example",
        "client_id": "reports", "scope": "read write", "jti": "Qx0pmsDa8KnJc9JoQx0pms", "iat": 1_800_000_000,
        "exp": 1_800_000_300,
    ]

    init(_ algorithm: SignatureAlgorithm) throws {
        key = try .generate(algorithm)
        keys = try JSONWebKeySet([key.verificationKey])
    }

    func signsPerSecond() throws -> Double {
        try Processor.perSecond { _ = try JWT.sign(Self.claims, with: key, type: "at+jwt") }
    }

    func verifiesPerSecond() throws -> Double {
        let token = try JWT.sign(Self.claims, with: key, type: "at+jwt")
        let policy = JWTPolicy(
            issuer: .exactly("https://gateway.example"), audience: .contains("https://api.example"),
            type: .exactly("at+jwt"))
        return try Processor.perSecond { _ = try JWT.verify(token, with: keys, policy: policy, now: 1_800_000_100) }
    }
}

extension SignatureAlgorithm {
    /// Tokens a core-second, far below what a slow machine does: a bar against mistakes, not between machines.
    fileprivate var signBar: Double { hash == .sha256 && curve == nil ? 400 : 6_000 }
    fileprivate var verifyBar: Double { 2_500 }
    /// Shares of what OpenSSL does by itself.
    fileprivate var signShare: Double { curve == nil && self != .edDSA ? 0.9 : 0.6 }
    fileprivate var verifyShare: Double { curve == nil && self != .edDSA ? 0.4 : 0.6 }
}
