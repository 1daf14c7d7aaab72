import Vocabulary

/// A segment that will never change again: what the journal records of it.
public struct SegmentClosed: Sendable, Hashable {
    public let tenant: TenantID
    /// The file's name within the tenant's directory.
    public let name: String
    /// SHA-256 over the whole file.
    public let sha256: [UInt8]
    /// The sequence number of its first record.
    public let first: Int64
    /// Records, folds and gaps in it; the next segment begins at `first + records`.
    public let records: Int64
    /// The times of its earliest and latest record; both its beginning when it has none.
    public let firstAt: Timestamp
    public let lastAt: Timestamp
}

extension SegmentClosed {
    /// What the `.sum` file holds: a line that `sha256sum --check` understands, and comments.
    var sumText: String {
        """
        \(sha256.map { hexadecimal($0) }.joined())  \(name)
        # first \(first)
        # records \(records)
        # first_at \(firstAt.microseconds)
        # last_at \(lastAt.microseconds)

        """
    }

    /// Reads a `.sum` file. Throws `decisions.malformed`.
    init(sum text: String, tenant: TenantID) throws {
        let lines = text.split(separator: "\n")
        guard lines.count == 5, lines[0].utf8.count > 66 else { throw SegmentBytesReader.malformed }
        func number(_ line: Int, _ name: String) throws -> Int64 {
            let prefix = "# \(name) "
            guard lines[line].hasPrefix(prefix), let value = Int64(lines[line].dropFirst(prefix.count)) else {
                throw SegmentBytesReader.malformed
            }
            return value
        }
        let digits = Array(lines[0].utf8.prefix(64))
        let digest = stride(from: 0, to: 64, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        guard digest.count == 32 else { throw SegmentBytesReader.malformed }
        self.init(
            tenant: tenant, name: String(lines[0].dropFirst(66)), sha256: digest, first: try number(1, "first"),
            records: try number(2, "records"), firstAt: Timestamp(microseconds: try number(3, "first_at")),
            lastAt: Timestamp(microseconds: try number(4, "last_at")))
    }
}
