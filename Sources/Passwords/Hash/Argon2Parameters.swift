import Vocabulary

/// What one argon2id hash costs (RFC 9106 §3.1).
public struct Argon2Parameters: Hashable, Sendable {
    /// Memory in KiB (`m`).
    public let memoryKiB: Int
    /// Passes over the memory (`t`).
    public let iterations: Int
    /// Lanes (`p`); each is a thread of its own while a hash runs.
    public let lanes: Int

    /// m=19 MiB, t=2, p=1: the OWASP Password Storage Cheat Sheet's recommendation.
    public static let standard = Argon2Parameters(unchecked: 19_456, iterations: 2, lanes: 1)

    /// Least memory new hashes may use, in KiB.
    public static let memoryFloorKiB = 7_168
    /// Least memory times passes: the weakest of OWASP's equal settings, 7 MiB five times.
    public static let workFloor = 35_840
    public static let memoryCeilingKiB = 1_048_576
    public static let iterationCeiling = 16
    public static let laneCeiling = 8

    /// Parameters for new hashes.
    /// - Throws: `passwords.parameters` below the floor or above the ceiling.
    public init(memoryKiB: Int, iterations: Int, lanes: Int = 1) throws(Fault) {
        guard (1...Self.iterationCeiling).contains(iterations), (1...Self.laneCeiling).contains(lanes),
            (Self.memoryFloorKiB...Self.memoryCeilingKiB).contains(memoryKiB), memoryKiB * iterations >= Self.workFloor
        else {
            throw Fault(
                "passwords.parameters", .ourselves,
                "Argon2 parameters m=\(memoryKiB), t=\(iterations), p=\(lanes) are outside the permitted range.",
                remedy: "Use m from \(Self.memoryFloorKiB) to \(Self.memoryCeilingKiB) KiB with m·t of at least "
                    + "\(Self.workFloor), t up to \(Self.iterationCeiling) and p up to \(Self.laneCeiling).")
        }
        self.init(unchecked: memoryKiB, iterations: iterations, lanes: lanes)
    }

    /// Parameters read from a stored hash, or of a test; bounded by whoever calls.
    init(unchecked memoryKiB: Int, iterations: Int, lanes: Int) {
        self.memoryKiB = memoryKiB
        self.iterations = iterations
        self.lanes = lanes
    }

    /// Whether a hash made with `current` would be stronger in some dimension.
    func isOutgrown(by current: Argon2Parameters) -> Bool {
        memoryKiB < current.memoryKiB || iterations < current.iterations || lanes != current.lanes
    }
}
