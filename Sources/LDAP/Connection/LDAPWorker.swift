import Dispatch
import Glibc
import Synchronization

/// One thread and the jobs it runs in order. libldap blocks, so it never runs on Swift's cooperative threads.
///
/// The worker ends when its owner calls `stop`; jobs still queued then run with `isStopped` true, so that each one can
/// answer whoever waits for it.
final class LDAPWorker: Sendable {
    typealias Job = @Sendable (_ handle: LDAPHandle?) -> Void

    private struct State {
        var jobs: [Job] = []
        var isStopped = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let queueLimit: Int
    /// The open socket, for whoever wants to look at it while no job runs.
    let socket = SocketNumber()
    let handle: LentHandle

    init(_ configuration: LDAPConfiguration) {
        queueLimit = configuration.queueLimit
        handle = LentHandle(LDAPHandle(configuration, socket))
    }

    /// Starts the thread; false when the system has none left.
    func start() -> Bool {
        Self.spawnThread { [self] in run() }
    }

    enum Acceptance { case accepted, full, stopped }

    func enqueue(_ job: @escaping Job) -> Acceptance {
        let acceptance = state.withLock { state -> Acceptance in
            if state.isStopped { return .stopped }
            if state.jobs.count >= queueLimit { return .full }
            state.jobs.append(job)
            return .accepted
        }
        if acceptance == .accepted { wake.signal() }
        return acceptance
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        wake.signal()
    }

    private func run() {
        while true {
            wake.wait()
            let (job, isStopped) = state.withLock { state in
                (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isStopped)
            }
            if isStopped {
                let rest = state.withLock { state in
                    defer { state.jobs = [] }
                    return state.jobs
                }
                for job in [job].compactMap(\.self) + rest { job(nil) }
                break
            }
            if let job { handle.use { job($0) } }
        }
        handle.use { $0.close() }
    }

    /// libldap writes with `write(2)`: to a server that is gone, that raises SIGPIPE, which ends the process. The
    /// signal is directed at the writing thread, so blocking it here leaves the host program's own handling alone.
    private static func ignoreBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Runs `body` on a detached thread of its own.
    static func spawnThread(_ body: @escaping @Sendable () -> Void) -> Bool {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 1 << 20)
        let box = Unmanaged.passRetained(Box(body))
        let status = pthread_create(
            &thread, &attributes,
            { context in
                LDAPWorker.ignoreBrokenPipes()
                Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        if status != 0 { box.release() }
        return status == 0
    }
}

/// A handle and the lock that whoever uses it holds: its own worker's thread, or that of another worker that it is lent
/// to. libldap minds only that it is one at a time.
final class LentHandle: @unchecked Sendable {
    // @unchecked Sendable: `handle` is touched within `lock` alone.
    private let handle: LDAPHandle
    private let lock = Mutex(())

    init(_ handle: LDAPHandle) { self.handle = handle }

    func use<Value: Sendable>(_ body: (LDAPHandle) throws(LDAPError) -> Value) throws(LDAPError) -> Value {
        try lock.withLock { _ throws(LDAPError) in try body(handle) }
    }

    func use(_ body: (LDAPHandle) -> Void) { lock.withLock { _ in body(handle) } }
}

/// The descriptor of a connection's socket; negative while there is none.
final class SocketNumber: Sendable {
    private let number = Atomic(Int32(-1))

    func set(_ descriptor: Int32) { number.store(descriptor, ordering: .releasing) }

    /// False when there is no socket, or something arrived on it that nobody asked for: an end, or a notice of one.
    var isQuiet: Bool {
        let descriptor = number.load(ordering: .acquiring)
        guard descriptor >= 0 else { return false }
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&poller, 1, 0) == 0
    }
}

/// Set when the waiting task is cancelled; looked at by the thread between waits.
final class CancellationFlag: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}
