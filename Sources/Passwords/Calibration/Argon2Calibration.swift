import Vocabulary

/// Finds argon2id parameters that take about a wanted time on this machine.
public struct Argon2Calibration: Hashable, Sendable {
    public let parameters: Argon2Parameters
    /// What one hash with them took.
    public let measured: Duration
    /// What one processor can do in a second.
    public var hashesPerSecond: Double { 1 / max(1e-6, Double(measured.microseconds) / 1_000_000) }

    /// Raises memory first, since memory is what an attacker's hardware lacks, up to `memoryCeilingKiB`; then passes.
    /// Never goes below the standard parameters, however slow the machine. Blocks for up to some ten hashes.
    /// - Throws: `passwords.memory` when memory runs out, and what `measure` throws.
    public static func suggest(
        target: Duration = .milliseconds(100), memoryCeilingKiB: Int = 65_536,
        measure: (Argon2Parameters) throws -> Duration = Self.measure
    ) throws -> Argon2Calibration {
        let ceiling = min(max(memoryCeilingKiB, Argon2Parameters.standard.memoryKiB), Argon2Parameters.memoryCeilingKiB)
        let start = Argon2Calibration(parameters: .standard, measured: try measure(.standard))
        guard start.measured < target else { return start }
        let perKiB = Double(max(1, start.measured.microseconds)) / Double(start.parameters.memoryKiB)
        let affordable = min(Double(ceiling), Double(target.microseconds) / perKiB)
        // Whole MiB, so that the value in the configuration reads well.
        let memory = max(start.parameters.memoryKiB, Int(affordable) / 1_024 * 1_024)
        return try raisePasses(memoryKiB: memory, target: target, measure: measure)
    }

    private static func raisePasses(
        memoryKiB: Int, target: Duration, measure: (Argon2Parameters) throws -> Duration
    ) throws -> Argon2Calibration {
        var passes = Argon2Parameters.standard.iterations
        var best = try trial(memoryKiB, passes, measure)
        while best.measured < target, passes < Argon2Parameters.iterationCeiling {
            passes += 1
            let next = try trial(memoryKiB, passes, measure)
            guard next.measured <= target * 5 / 4 else { break }
            best = next
        }
        return best
    }

    private static func trial(
        _ memoryKiB: Int, _ passes: Int, _ measure: (Argon2Parameters) throws -> Duration
    ) throws -> Argon2Calibration {
        let parameters = try Argon2Parameters(memoryKiB: memoryKiB, iterations: passes)
        return Argon2Calibration(parameters: parameters, measured: try measure(parameters))
    }

    /// The fastest of three hashes on the calling thread: the others were disturbed.
    public static func measure(_ parameters: Argon2Parameters) throws -> Duration {
        let frame = Argon2Hash(
            parameters: parameters, pepperKeyID: nil, salt: [UInt8](repeating: 7, count: Argon2Hash.saltLength),
            digest: [UInt8](repeating: 0, count: Argon2Hash.digestLength))
        let input = SecretBuffer(Array("calibration".utf8))
        let times = try (0..<3).map { _ in
            try ContinuousClock().measure { _ = try Argon2Hash.derive(input, like: frame) }
        }
        return times.min() ?? .zero
    }
}
