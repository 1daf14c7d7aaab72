/// The most that verifying one stored hash may cost. What is above is refused when the hash is read.
///
/// The defaults keep a verification below about one second and 128 MiB on a slow server core.
public struct ImportLimits: Hashable, Sendable {
    /// Argon2 and scrypt memory, in KiB.
    public var memoryKiB: Int
    /// Argon2 memory in KiB times passes; scrypt memory in KiB times its parallelization.
    public var memoryWork: Int
    public var argon2Lanes: Int
    /// bcrypt's base-2 logarithm of rounds.
    public var bcryptCost: Int
    public var pbkdf2Iterations: Int
    /// Rounds of sha256-crypt and sha512-crypt.
    public var cryptRounds: Int

    public static let standard = ImportLimits(
        memoryKiB: 131_072, memoryWork: 524_288, argon2Lanes: 8, bcryptCost: 14, pbkdf2Iterations: 2_000_000,
        cryptRounds: 500_000)

    public init(
        memoryKiB: Int, memoryWork: Int, argon2Lanes: Int, bcryptCost: Int, pbkdf2Iterations: Int, cryptRounds: Int
    ) {
        self.memoryKiB = memoryKiB
        self.memoryWork = memoryWork
        self.argon2Lanes = argon2Lanes
        self.bcryptCost = bcryptCost
        self.pbkdf2Iterations = pbkdf2Iterations
        self.cryptRounds = cryptRounds
    }

    /// The same limits, raised where hashes made with `parameters` would not fit, so that what we make we can read.
    public func admitting(_ parameters: Argon2Parameters) -> ImportLimits {
        var raised = self
        raised.memoryKiB = max(memoryKiB, parameters.memoryKiB)
        raised.memoryWork = max(memoryWork, parameters.memoryKiB * parameters.iterations)
        raised.argon2Lanes = max(argon2Lanes, parameters.lanes)
        return raised
    }

    func allow(_ scheme: PasswordHash.Scheme) -> Bool {
        switch scheme {
        case .argon2(let hash):
            hash.parameters.memoryKiB <= memoryKiB && hash.parameters.lanes <= argon2Lanes
                && hash.parameters.iterations <= memoryWork / hash.parameters.memoryKiB
        case .crypt(let hash): hash.cost <= (hash.method == .bcrypt ? bcryptCost : cryptRounds)
        case .pbkdf2(let hash): hash.iterations <= pbkdf2Iterations
        case .scrypt(let hash):
            hash.memoryKiB <= memoryKiB && hash.parallelization <= memoryWork / max(1, hash.memoryKiB)
        case .directory: true
        }
    }
}
