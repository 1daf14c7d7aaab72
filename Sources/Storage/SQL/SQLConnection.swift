/// The narrow waist to the database: statements with numbered parameters (`?1`, `?2` …) in the subset that SQLite and
/// PostgreSQL share. Thrown errors are `Fault`s: `storage.conflict`, `storage.busy`, `storage.full`,
/// `storage.corrupt`, `storage.failed`.
public protocol SQLConnection: AnyObject {
    /// All rows of the answer.
    func query(_ sql: String, _ values: [SQLValue]) throws -> [SQLRow]
    /// Row by row, for answers too large to hold.
    func forEach(_ sql: String, _ values: [SQLValue], _ body: (SQLRow) throws -> Void) throws
    /// Runs a change and answers how many rows it touched: the judge of every conditional statement.
    @discardableResult func execute(_ sql: String, _ values: [SQLValue]) throws -> Int
}

extension SQLConnection {
    /// All rows of a statement without parameters.
    public func query(_ sql: String) throws -> [SQLRow] { try query(sql, []) }

    /// The first row, nil when there is none.
    public func queryOne(_ sql: String, _ values: [SQLValue] = []) throws -> SQLRow? { try query(sql, values).first }
    @discardableResult public func execute(_ sql: String) throws -> Int { try execute(sql, []) }
}
