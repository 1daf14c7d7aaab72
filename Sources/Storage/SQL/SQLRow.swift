import Vocabulary

/// One row of an answer, read by column number from 0. A column of another type than asked for throws
/// `storage.corrupt`: the schema promised otherwise.
public struct SQLRow: Sendable {
    public let values: [SQLValue]

    public init(_ values: [SQLValue]) { self.values = values }

    /// The integer there; throws for null and for any other type, as do all below without `optional` in their name.
    public func integer(_ column: Int) throws -> Int64 {
        guard case .integer(let value) = try value(column) else { throw mismatch(column, "an integer") }
        return value
    }

    /// The number there; an integer is converted.
    public func real(_ column: Int) throws -> Double {
        switch try value(column) {
        case .real(let value): return value
        case .integer(let value): return Double(value)
        default: throw mismatch(column, "a number")
        }
    }

    /// The text there.
    public func text(_ column: Int) throws -> String {
        guard case .text(let value) = try value(column) else { throw mismatch(column, "text") }
        return value
    }

    /// The bytes there.
    public func blob(_ column: Int) throws -> [UInt8] {
        guard case .blob(let value) = try value(column) else { throw mismatch(column, "bytes") }
        return value
    }

    /// Whether the integer there is not 0.
    public func bool(_ column: Int) throws -> Bool { try integer(column) != 0 }

    /// The integer there, as microseconds since 1970.
    public func time(_ column: Int) throws -> Timestamp { Timestamp(microseconds: try integer(column)) }

    /// The 16 bytes there, as an id; throws for any other length.
    public func id<Kind>(_ column: Int) throws -> Identifier<Kind> {
        guard let id = Identifier<Kind>(bytes: try blob(column)) else { throw mismatch(column, "an id") }
        return id
    }

    /// Whether the column is null; throws when there is no such column.
    public func isNull(_ column: Int) throws -> Bool { try value(column) == .null }

    /// The integer there, nil for null.
    public func optionalInteger(_ column: Int) throws -> Int64? { try isNull(column) ? nil : integer(column) }

    /// The text there, nil for null.
    public func optionalText(_ column: Int) throws -> String? { try isNull(column) ? nil : text(column) }

    /// The bytes there, nil for null.
    public func optionalBlob(_ column: Int) throws -> [UInt8]? { try isNull(column) ? nil : blob(column) }

    /// The truth there, nil for null.
    public func optionalBool(_ column: Int) throws -> Bool? { try isNull(column) ? nil : bool(column) }

    /// The moment there, nil for null.
    public func optionalTime(_ column: Int) throws -> Timestamp? { try isNull(column) ? nil : time(column) }

    /// The id there, nil for null.
    public func optionalID<Kind>(_ column: Int) throws -> Identifier<Kind>? { try isNull(column) ? nil : id(column) }

    private func value(_ column: Int) throws -> SQLValue {
        guard values.indices.contains(column) else { throw mismatch(column, "present") }
        return values[column]
    }

    private func mismatch(_ column: Int, _ wanted: String) -> Fault {
        Fault("storage.corrupt", .ourselves, "Column \(column) of a stored row is not \(wanted).")
    }
}
