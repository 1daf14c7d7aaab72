import Foundation
import Storage
import Vocabulary

extension Gateway {
    /// Signs heads, then writes a tenant's journal to a new file that `JournalCheck` verifies with nothing else;
    /// answers how many events.
    ///
    /// - Parameter slug: nil for the default tenant.
    /// - Throws: `not_found`, and what the store throws.
    @discardableResult
    public func exportJournal(of slug: String?, to path: String, withSections: Bool = false) async throws -> Int64 {
        let found = slug.map { tenants.tenant(slug: $0) } ?? tenants.defaultTenant
        guard let tenant = found else { throw Fault.notFound("tenant") }
        _ = try await signHeads()
        return try await store.exportJournal(of: tenant.id, to: path, withSections: withSections)
    }
}

/// Verifies an exported journal offline, without a gateway and without its keys.
public enum JournalCheck {
    /// What came of it. `findings` is empty only when every record is as it was signed.
    public struct Report: Sendable {
        public let findings: [String]
        public let records: Int64
        /// Records that the newest good head covers.
        public let signed: Int64
        /// Without a head kept outside, a tail that was cut off cannot be noticed.
        public let hasCheckpoint: Bool

        public var isSound: Bool { findings.isEmpty }
    }

    /// - Parameter checkpoint: a file of heads, a JSON object a line, as a sink keeps them; the newest of the export's
    ///   tenant counts.
    /// - Throws: what reading the files throws; `audit.no_checkpoint` when no head in the file is of this tenant.
    public static func verify(_ export: String, checkpoint: String? = nil) throws -> Report {
        var head: SignedHead?
        if let checkpoint {
            guard FileManager.default.isReadableFile(atPath: checkpoint) else {
                throw Fault("audit.no_checkpoint", .caller, "The file of heads \(checkpoint) cannot be read.")
            }
            let newest = try FileHeadSink(path: checkpoint).newest()
            guard let tenant = try tenant(of: export), let found = newest[tenant] else {
                throw Fault("audit.no_checkpoint", .caller, "\(checkpoint) has no head of the export's tenant.")
            }
            head = found
        }
        let report = try JournalVerifier.verify(exportAt: export, checkpoint: head)
        return Report(
            findings: report.findings.map { "\($0)" }, records: report.records, signed: report.signed,
            hasCheckpoint: report.hasCheckpoint)
    }

    private struct FirstLine: Decodable {
        struct Wrapped: Decodable { let _0: ExportHeader }
        let header: Wrapped
    }

    /// The first line of an export is its header.
    private static func tenant(of export: String) throws -> TenantID? {
        guard let file = FileHandle(forReadingAtPath: export) else {
            throw Fault("audit.unreadable", .caller, "The export \(export) cannot be read.")
        }
        defer { try? file.close() }
        let start = try file.read(upToCount: 1 << 20) ?? Data()
        let line = start.prefix { $0 != 0x0A }
        return try? JSONDecoder().decode(FirstLine.self, from: line).header._0.tenant
    }
}
