import GRDB
import GRDBSQLite
import Vocabulary

/// GRDB's connection behind the narrow protocol. Statements are compiled once per connection and stepped directly,
/// because GRDB's row objects cost more than SQLite itself on the sync path. Lives on one thread for one access.
final class SQLiteConnection: SQLConnection {
    private let database: Database

    init(_ database: Database) { self.database = database }

    var isInsideTransaction: Bool { database.isInsideTransaction }

    func query(_ sql: String, _ values: [SQLValue]) throws -> [SQLRow] {
        var rows: [SQLRow] = []
        try forEach(sql, values) { rows.append($0) }
        return rows
    }

    func forEach(_ sql: String, _ values: [SQLValue], _ body: (SQLRow) throws -> Void) throws {
        let statement = try prepared(sql, values)
        let pointer = statement.sqliteStatement
        defer { _ = sqlite3_reset(pointer) }
        let columns = sqlite3_column_count(pointer)
        while try step(pointer) {
            try body(SQLRow((0..<columns).map { column(pointer, $0) }))
        }
    }

    @discardableResult func execute(_ sql: String, _ values: [SQLValue]) throws -> Int {
        let statement = try prepared(sql, values)
        let pointer = statement.sqliteStatement
        defer { _ = sqlite3_reset(pointer) }
        let handle = sqlite3_db_handle(pointer)
        let before = sqlite3_total_changes(handle)
        while try step(pointer) {}
        return sqlite3_total_changes(handle) == before ? 0 : Int(sqlite3_changes(handle))
    }

    /// Several statements without parameters, as migrations have them.
    func executeScript(_ sql: String) throws {
        try mapped { try database.execute(sql: sql) }
    }

    private func prepared(_ sql: String, _ values: [SQLValue]) throws -> Statement {
        var statement = try mapped { try database.cachedStatement(sql: sql) }
        // The same text may still be stepping further up the stack; it must not be reset under that reader.
        if sqlite3_stmt_busy(statement.sqliteStatement) != 0 {
            statement = try mapped { try database.makeStatement(sql: sql) }
        }
        let pointer = statement.sqliteStatement
        guard Int(sqlite3_bind_parameter_count(pointer)) == values.count else {
            throw Fault("storage.failed", .ourselves, "A statement was given \(values.count) values for another count.")
        }
        for (index, value) in values.enumerated() { try bind(value, to: pointer, at: Int32(index + 1)) }
        return statement
    }

    private func bind(_ value: SQLValue, to pointer: SQLiteStatement, at index: Int32) throws {
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        let code =
            switch value {
            case .null: sqlite3_bind_null(pointer, index)
            case .integer(let number): sqlite3_bind_int64(pointer, index, number)
            case .real(let number): sqlite3_bind_double(pointer, index, number)
            case .text(let text):
                text.utf8.withContiguousStorageIfAvailable { utf8 in
                    utf8.withMemoryRebound(to: CChar.self) {
                        sqlite3_bind_text64(
                            pointer, index, $0.baseAddress, UInt64($0.count), transient, UInt8(SQLITE_UTF8))
                    }
                } ?? sqlite3_bind_text(pointer, index, text, -1, transient)
            case .blob(let bytes):
                bytes.isEmpty
                    ? sqlite3_bind_zeroblob(pointer, index, 0)
                    : sqlite3_bind_blob64(pointer, index, bytes, UInt64(bytes.count), transient)
            }
        guard code == SQLITE_OK else { throw fault(code, sqlite3_db_handle(pointer)) }
    }

    private func step(_ pointer: SQLiteStatement) throws -> Bool {
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw fault(code, sqlite3_db_handle(pointer))
        }
    }

    private func column(_ pointer: SQLiteStatement, _ index: Int32) -> SQLValue {
        switch sqlite3_column_type(pointer, index) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(pointer, index))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(pointer, index))
        case SQLITE_TEXT:
            let count = Int(sqlite3_column_bytes(pointer, index))
            guard let start = sqlite3_column_text(pointer, index) else { return .text("") }
            return .text(String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            let count = Int(sqlite3_column_bytes(pointer, index))
            guard let start = sqlite3_column_blob(pointer, index) else { return .blob([]) }
            return .blob([UInt8](UnsafeRawBufferPointer(start: start, count: count)))
        default: return .null
        }
    }

    private func fault(_ code: Int32, _ handle: OpaquePointer?) -> Fault {
        storageFault(
            code: sqlite3_extended_errcode(handle), primary: code & 0xFF,
            message: String(cString: sqlite3_errmsg(handle)))
    }
}

/// Runs a GRDB call, with its errors translated.
func mapped<T>(_ body: () throws -> T) throws -> T {
    do {
        return try body()
    } catch let error as DatabaseError {
        throw storageFault(
            code: error.extendedResultCode.rawValue, primary: error.resultCode.rawValue, message: error.message ?? "")
    }
}

private func storageFault(code: Int32, primary: Int32, message: String) -> Fault {
    switch primary {
    case SQLITE_CONSTRAINT:
        Fault("storage.conflict", .caller, "The change contradicts what is stored: \(message).")
    case SQLITE_BUSY, SQLITE_LOCKED:
        Fault("storage.busy", .ourselves, "The database is held by another connection.", remedy: "Try again.")
    case SQLITE_FULL:
        Fault("storage.full", .ourselves, "The disk or the database is full.", remedy: "Free space on the volume.")
    case SQLITE_IOERR:
        Fault(
            "storage.io", .ourselves, "Reading or writing the database file failed (\(code): \(message)).",
            remedy: "Look at the volume, its limits and the kernel's log.")
    case SQLITE_CORRUPT, SQLITE_NOTADB:
        Fault("storage.corrupt", .ourselves, "The database file is damaged (\(message)).", remedy: "Restore a backup.")
    case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM:
        Fault(
            "storage.denied", .ourselves, "The database cannot be opened for this (\(message)).",
            remedy: "Check who owns the data directory and its mode.")
    default:
        Fault("storage.failed", .ourselves, "The database refused a statement (\(code): \(message)).")
    }
}
