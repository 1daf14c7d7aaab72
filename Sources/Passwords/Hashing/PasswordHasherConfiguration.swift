import Foundation
import Vocabulary

/// How passwords are hashed, and how much of the machine that may take.
public struct PasswordHasherConfiguration: Sendable {
    /// Costs of new hashes.
    public var parameters: Argon2Parameters
    /// Hashing threads, 1 to 256. Memory in use is at most this times the dearest permitted hash.
    public var threads: Int
    /// How many verifications may wait, 1 to 65,536; the next is refused with `passwords.busy`.
    public var queueLimit: Int
    /// How many of them may be of one share (one tenant), so that one's flood leaves room for the others.
    public var queueLimitPerShare: Int
    /// Most that verifying an imported hash may cost; raised to `parameters` where those are dearer.
    public var importLimits: ImportLimits

    /// - Parameter queueLimitPerShare: three quarters of the queue without it, and at least one.
    public init(
        parameters: Argon2Parameters = .standard, threads: Int = Self.defaultThreads, queueLimit: Int = 64,
        queueLimitPerShare: Int? = nil, importLimits: ImportLimits = .standard
    ) {
        self.parameters = parameters
        self.threads = threads
        self.queueLimit = queueLimit
        // A quarter stays for the others, whatever the size of the whole.
        self.queueLimitPerShare = queueLimitPerShare ?? max(1, queueLimit * 3 / 4)
        self.importLimits = importLimits
    }

    /// All processors but one, and at least one: a flood of logins leaves a processor for everything else.
    public static var defaultThreads: Int { max(1, ProcessInfo.processInfo.activeProcessorCount - 1) }

    func validate() throws(Fault) {
        guard (1...256).contains(threads), (1...65_536).contains(queueLimit),
            (1...queueLimit).contains(queueLimitPerShare)
        else {
            throw Fault(
                "passwords.configuration", .ourselves, "The limits of password hashing are out of range.",
                remedy: "Use 1 to 256 threads, a queue of 1 to 65,536, and a share of at most the queue.")
        }
    }
}
