import Vocabulary

/// What the writer remembers of its last failure. It stays until a write of the store's own shows that it is over: a
/// transaction that changed nothing commits on a full disk as well.
struct WriterHealth {
    static let pause: Duration = .seconds(1)
    var failure: Fault?
    private var triedAt: ContinuousClock.Instant?

    /// Whether somebody may try again now; one caller a second, whoever asks how often.
    mutating func takesTurn(at now: ContinuousClock.Instant) -> Bool {
        guard failure != nil, triedAt.map({ now - $0 >= Self.pause }) ?? true else { return false }
        triedAt = now
        return true
    }
}

extension Store {
    /// Below this many free bytes the next larger change cannot be relied on: it is what one transaction may add to the
    /// write-ahead log and to a segment of decisions before either is made smaller again.
    public static let neededSpace = 16 << 20

    /// Codes of faults that say that the file cannot be written, whatever was to be written.
    static let deviceFaults: Set<String> = ["storage.full", "storage.io", "storage.denied", "storage.corrupt"]

    /// Why changes cannot be written now, nil when they can: too little space, or the writer's last failure while a
    /// small write of our own still meets it. Costs one system call as long as nothing has failed.
    public func writeRefusal() async -> Fault? {
        if let fault = spaceFault { return fault }
        let (failure, isToTry) = writer.judgeHealth(at: .now)
        guard let failure, isToTry else { return failure }
        do {
            // Sets what is set already: it goes through the log to the disk like every commit, and changes nothing.
            _ = try await write(.administration) { try $0.sql.execute("PRAGMA user_version = 0", []) }
            writer.forgetFailure()
            return nil
        } catch {
            return error as? Fault ?? failure
        }
    }

    /// Free bytes of the store's volume for this user; nil where it cannot be looked at.
    public var freeSpace: Int? { Self.freeSpace(at: configuration.directory) }

    /// Free bytes of a folder's volume for this user; nil where it cannot be looked at.
    public static func freeSpace(at folder: String) -> Int? { Files.freeSpace(at: folder) }

    private var spaceFault: Fault? {
        guard let freeSpace else {
            return Fault("storage.denied", .ourselves, "The storage directory cannot be looked at.")
        }
        return Self.spaceFault(free: freeSpace)
    }

    static func spaceFault(free: Int) -> Fault? {
        guard free < neededSpace else { return nil }
        return Fault(
            "storage.full", .ourselves, "Only \(free >> 20) MiB are free on the volume of the storage directory.",
            remedy: "Free space on the volume.")
    }
}
