import FoundationEssentials
import Vocabulary

/// A line of an export file: first one header, then the records in order of position, then the heads.
enum ExportLine: Codable, Sendable {
    case header(ExportHeader)
    case record(ExportRecord)
    case head(SignedHead)
}

/// What an export is of, and the keys its heads are signed with.
public struct ExportHeader: Codable, Sendable, Hashable {
    /// 1.
    public let version: Int
    public let tenant: TenantID
    public let epoch: Int64
    public let size: Int64
    public let keys: [PublishedKey]
}

/// One record of an export, byte for byte as it is hashed.
public struct ExportRecord: Codable, Sendable, Hashable {
    public var position: Int64
    /// Base64 in JSON.
    public var record: Data
    /// The stored leaf hash, which names the record that was changed.
    public var leaf: Data
    /// Decrypted sections, only in an export that was asked for them.
    public var sections: [ExportSection]?
}

/// A decrypted section of an export; nil text is erased.
public struct ExportSection: Codable, Sendable, Hashable {
    public let person: PersonID
    public let name: String
    public let text: String?
}

extension StoreReading {
    /// Writes a tenant's journal to a new file of JSON lines (mode 0600) that `JournalVerifier` needs nothing else
    /// for. Sections stay out unless asked for. Answers how many events it holds.
    @discardableResult public func exportJournal(
        of tenant: TenantID, to path: String, withSections: Bool = false
    ) async throws -> Int64 {
        // The tip is signed by `signHeads`; events after the newest head are exported and reported as unsigned.
        let (epoch, size) = try await journalSize(of: tenant)
        let header = ExportHeader(
            version: 1, tenant: tenant, epoch: epoch, size: size, keys: keys.publishedKeys(tenant))
        try Files.create(path, try ExportLine.line(.header(header)))
        var position: Int64 = 0
        while position < size {
            let entries = try await events(
                of: tenant, after: position, limit: Store.pageLimit, opening: withSections)
            let page = entries.filter { $0.position <= size }
            guard let last = page.last else { break }
            try Files.append(path, try page.flatMap { try ExportLine.line(.record(ExportRecord.of($0, withSections))) })
            position = last.position
        }
        let heads = try await read { connection in
            try connection.query(
                Store.headColumns + " WHERE tenant = ?1 AND size <= ?2 ORDER BY epoch, size",
                [.id(tenant), .integer(size)]
            ).map(Store.head)
        }
        try Files.append(path, try heads.flatMap { try ExportLine.line(.head($0)) })
        return size
    }
}

extension ExportRecord {
    fileprivate static func of(_ entry: JournalEntry, _ withSections: Bool) -> ExportRecord {
        let sections = entry.sections.map {
            ExportSection(
                person: $0.person, name: $0.name, text: $0.plaintext.map { String(decoding: $0, as: UTF8.self) })
        }
        return ExportRecord(
            position: entry.position, record: Data(entry.record), leaf: Data(entry.leaf),
            sections: withSections ? sections : nil)
    }
}

extension ExportLine {
    fileprivate static func line(_ line: ExportLine) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return [UInt8](try encoder.encode(line)) + [0x0A]
    }
}
