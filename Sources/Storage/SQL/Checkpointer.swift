import Dispatch
import Foundation
import GRDB
import GRDBSQLite
import Synchronization
import Vocabulary

/// Moves the write-ahead log into the database file beside the writer, so that nobody's commit waits for it.
///
/// A thread with a connection of its own copies what is committed while the writer goes on; what arrived meanwhile, a
/// few commits' worth, the writer copies itself, after which the log begins again. Durability does not rest on any of
/// this: a commit is durable by the log alone.
final class Checkpointer: Sendable {
    /// Pages in the log that wake the thread.
    static let wakePages: Int32 = 8_000
    /// Pages in the log at which the writer copies them itself, whatever the thread is doing: no log grows for ever.
    static let limitPages: Int32 = 64_000

    private struct State {
        var isWorking = false
        var isOver = false
        /// The thread has copied what was there: the little that came since is the writer's to copy.
        var isCopied = false
    }

    private let connection: DatabaseQueue
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(path: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(1)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0")
        }
        connection = try mapped { try DatabaseQueue(path: path, configuration: configuration) }
        let thread = Thread { [self] in work() }
        thread.name = "gatehouse-checkpoint"
        thread.start()
    }

    /// Called by the writer's connection after each commit, with the pages that are in the log.
    func committed(pages: Int32, on writer: OpaquePointer) {
        let isMine = state.withLock { state in
            if state.isCopied || pages >= Self.limitPages {
                state.isCopied = false
                return true
            }
            guard pages >= Self.wakePages, !state.isWorking else { return false }
            state.isWorking = true
            return false
        }
        if isMine {
            sqlite3_wal_checkpoint_v2(writer, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
        } else if pages >= Self.wakePages {
            wake.signal()
        }
    }

    private func work() {
        while true {
            wake.wait()
            let (isOver, isAsked) = state.withLock { ($0.isOver, $0.isWorking) }
            if isOver { break }
            guard isAsked else { continue }
            // A reader on an old snapshot leaves some pages for the next time.
            connection.writeWithoutTransaction { database in
                _ = sqlite3_wal_checkpoint_v2(database.sqliteConnection, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
            }
            state.withLock { state in
                state.isWorking = false
                state.isCopied = true
            }
        }
        try? connection.close()
        ended.signal()
    }

    /// Ends the thread and closes its connection, before the writer closes its own.
    func stop() {
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        guard isFirst else { return }
        wake.signal()
        ended.wait()
    }
}
