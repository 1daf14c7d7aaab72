import Dispatch
import Foundation
import Glibc
import Synchronization

/// A program started by us, ended by its process id and, when `atParentsEnd` says so, by the kernel if we die first.
final class ChildProcess: Sendable {
    let identifier: pid_t
    private let status = Mutex<Int32?>(nil)

    /// What the kernel sends a child whose parent has died, however it died.
    enum ParentsEnd: String {
        case kill = "KILL"
        /// For a program that has children of its own to end.
        case terminate = "TERM"
    }

    /// Starts `arguments[0]` with nothing to read; what it writes goes to `output`, or nowhere.
    init(_ arguments: [String], output: String? = nil, atParentsEnd: ParentsEnd? = nil) throws {
        let command = atParentsEnd.map { Self.tied(arguments, $0) } ?? arguments
        identifier = try SpawningThread.shared.run { try Self.spawn(command, output) }
    }

    deinit { end() }

    /// Runs a program to its end.
    ///
    /// - Throws: `FixtureError` with the end of what it wrote, when it fails or takes longer than `limit`.
    static func run(_ arguments: [String], limit: Duration = .seconds(120)) async throws {
        let log = NSTemporaryDirectory() + "gatehouse-output-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: log) }
        let child = try ChildProcess(arguments, output: log)
        let deadline = ContinuousClock.now.advanced(by: limit)
        while child.isRunning, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(3)) }
        let wasRunning = child.isRunning
        child.end()
        guard !wasRunning, child.exitStatus == 0 else {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw FixtureError("\(arguments[0]) failed: \(text.suffix(2_000))")
        }
    }

    var isRunning: Bool {
        status.withLock { status in
            guard status == nil else { return false }
            var word: Int32 = 0
            guard waitpid(identifier, &word, WNOHANG) != 0 else { return true }
            status = word
            return false
        }
    }

    /// Zero after a good end; nil while it runs.
    var exitStatus: Int32? { isRunning ? nil : status.withLock(\.self) }

    func signal(_ number: Int32) {
        // Under the lock, so that the id cannot have been reaped and given to a stranger meanwhile.
        status.withLock { status in if status == nil { _ = Glibc.kill(identifier, number) } }
    }

    /// Suspends it, and returns when every thread of it stands still: the signal alone lets some go on for a moment.
    func suspend() {
        signal(SIGSTOP)
        for _ in 0..<2_000 where !stands { usleep(1_000) }
    }

    /// Whether all its threads have stopped, or it is gone. The word about a stop is given once only.
    private var stands: Bool {
        status.withLock { status in
            guard status == nil else { return true }
            var word: Int32 = 0
            guard waitpid(identifier, &word, WNOHANG | WUNTRACED) != 0 else { return false }
            let hasStopped = word & 0xff == 0x7f
            if !hasStopped { status = word }
            return true
        }
    }

    /// Asks it to end, insists after two seconds, and waits until it is gone.
    func end() {
        guard isRunning else { return }
        signal(SIGCONT)
        signal(SIGTERM)
        for _ in 0..<400 where isRunning { usleep(5_000) }
        kill()
    }

    /// Ends it at once, as a crash would.
    func kill() {
        signal(SIGKILL)
        while isRunning { usleep(1_000) }
    }

    /// What a child would keep open for us: a listening socket, say, whose port then stays taken.
    private static func openDescriptors() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.compactMap { Int32($0) }.filter { $0 > 2 }
    }

    /// `setpriv` sets PR_SET_PDEATHSIG and becomes the program, so the process id stays the same.
    private static func tied(_ arguments: [String], _ end: ParentsEnd) -> [String] {
        let setpriv = "/usr/bin/setpriv"
        guard FileManager.default.isExecutableFile(atPath: setpriv) else { return arguments }
        return [setpriv, "--pdeathsig", end.rawValue, "--"] + arguments
    }

    private static func spawn(_ arguments: [String], _ output: String?) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        for descriptor in openDescriptors() { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: an interrupt typed at a terminal reaches us, and we end our children in order.
        posix_spawnattr_setpgroup(&attributes, 0)
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        var identifier: pid_t = 0
        let code = posix_spawn(&identifier, arguments[0], &actions, &attributes, words, environ)
        guard code == 0 else {
            throw FixtureError("\(arguments[0]) cannot be started: \(String(cString: strerror(code)))")
        }
        return identifier
    }
}

/// The one thread that starts programs. "The parent died" means to the kernel "the thread that started you ended"
/// (prctl(2), PR_SET_PDEATHSIG), and threads of a pool come and go; this one stays as long as the process.
private final class SpawningThread: Sendable {
    static let shared = SpawningThread()
    private let jobs = Mutex<[@Sendable () -> Void]>([])
    private let wake = DispatchSemaphore(value: 0)

    private init() {
        let thread = Thread { [self] in
            while true {
                wake.wait()
                let job = jobs.withLock { $0.removeFirst() }
                job()
            }
        }
        thread.name = "fixtures"
        thread.start()
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let done = DispatchSemaphore(value: 0)
        let box = Box<Value>()
        jobs.withLock {
            $0.append {
                let result = Result { try body() }
                box.result.withLock { $0 = result }
                done.signal()
            }
        }
        wake.signal()
        done.wait()
        let result = box.result.withLock(\.self)
        guard let result else { throw FixtureError("The spawning thread gave no answer.") }
        return try result.get()
    }

    private final class Box<Value: Sendable>: Sendable {
        let result = Mutex<Result<Value, any Error>?>(nil)
    }
}
