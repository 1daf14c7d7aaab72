import Testing

@testable import Passwords

@Suite struct Argon2CalibrationTests {
    /// A machine on which cost is exactly proportional.
    static func machine(microsecondsPerMiBPass cost: Int) -> (Argon2Parameters) -> Duration {
        { .microseconds($0.memoryKiB * $0.iterations * cost / 1_024) }
    }

    @Test func `memory is raised first, in whole MiB, up to the ceiling`() throws {
        let found = try Argon2Calibration.suggest(measure: Self.machine(microsecondsPerMiBPass: 1_000))
        #expect(found.parameters.memoryKiB == 50 * 1_024 && found.parameters.iterations == 2)
        #expect(found.measured == .milliseconds(100) && found.hashesPerSecond == 10)
    }

    @Test func `on a fast machine passes follow once the ceiling is reached, and the target is not left far behind`()
        throws
    {
        let found = try Argon2Calibration.suggest(measure: Self.machine(microsecondsPerMiBPass: 300))
        #expect(found.parameters.memoryKiB == 65_536)
        #expect(found.parameters.iterations == 6)
        #expect(found.measured <= .milliseconds(125))
    }

    @Test func `a slow machine gets the standard, never less`() throws {
        let found = try Argon2Calibration.suggest(measure: Self.machine(microsecondsPerMiBPass: 50_000))
        #expect(found.parameters == .standard)
        let low = try Argon2Calibration.suggest(
            memoryCeilingKiB: 1, measure: Self.machine(microsecondsPerMiBPass: 2_500))
        #expect(low.parameters.memoryKiB == Argon2Parameters.standard.memoryKiB)
    }

    @Test func `the standard is measured on this machine`() throws {
        let time = try Argon2Calibration.measure(.standard)
        #expect(time > .milliseconds(1) && time < .seconds(30))
    }
}
