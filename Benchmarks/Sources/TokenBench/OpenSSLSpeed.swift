import Foundation
import JOSE

/// What `openssl speed` does with the same library: operations a second of one thread's processor time.
struct OpenSSLSpeed {
    let sign: Double
    let verify: Double

    static func measure() throws -> [SignatureAlgorithm: OpenSSLSpeed] {
        var found: [SignatureAlgorithm: OpenSSLSpeed] = [:]
        for (name, algorithms) in [
            ("ecdsap256", [SignatureAlgorithm.es256]), ("ed25519", [.edDSA]), ("rsa2048", [.rs256, .ps256]),
        ] {
            let speed = try run(name)
            for algorithm in algorithms { found[algorithm] = speed }
        }
        return found
    }

    /// The machine-readable line is `+F…:…:seconds a signature:seconds a verification`.
    private static func run(_ name: String) throws -> OpenSSLSpeed {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl", "speed", "-mr", "-seconds", "2", name]
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("+F") }
        let numbers = lines.last?.split(separator: ":").suffix(2).compactMap { Double($0) } ?? []
        guard numbers.count == 2, numbers.allSatisfy({ $0 > 0 }) else { throw Unusable(what: "openssl speed \(name)") }
        // Seconds of one operation, or operations of one second, by version.
        let rates = numbers.map { $0 < 1 ? 1 / $0 : $0 }
        return OpenSSLSpeed(sign: rates[0], verify: rates[1])
    }
}
