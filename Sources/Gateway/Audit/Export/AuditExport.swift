import Storage
import Vocabulary

/// A form in which other tools take the journal's events, one a line.
public enum AuditFormat: String, Sendable, CaseIterable {
    /// Open Cybersecurity Schema Framework 1.7.0, one JSON object a line.
    case ocsf
    /// Common Event Format, version 0.
    case cef

    /// Its media type: JSON lines have none of their own registered; `application/x-ndjson` is what tools take.
    public var media: String {
        switch self {
        case .ocsf: "application/x-ndjson"
        case .cef: "text/plain"
        }
    }

    /// The event as a line, its end included.
    public func line(_ entry: AuditEntry, in tenant: TenantID) throws -> String {
        switch self {
        case .ocsf: try AuditEntry.text(entry.ocsf(in: tenant)) + "\n"
        case .cef: try entry.cef(in: tenant) + "\n"
        }
    }
}

extension AuditService {
    /// Events that one part holds at most.
    public static let partLimit = 1_000

    /// Lines of the events after a position, and the position they end at; nil behind the last event. A part is all that
    /// is ever in memory.
    public func lines(
        _ format: AuditFormat, in tenant: TenantID, after position: Int64, limit: Int = Self.partLimit
    ) async throws -> (text: String, end: Int64)? {
        try await format.lines(from: store, in: tenant, after: position, limit: limit)
    }
}

extension AuditFormat {
    fileprivate func lines(
        from store: any StoreReading, in tenant: TenantID, after position: Int64, limit: Int
    ) async throws -> (text: String, end: Int64)? {
        let entries = try await store.events(
            of: tenant, after: position, limit: min(max(1, limit), AuditService.partLimit))
        guard let last = entries.last else { return nil }
        var text = ""
        for entry in entries { text += try line(AuditEntry(entry), in: tenant) }
        return (text, last.position)
    }

    /// Writes a tenant's journal to a new file (mode 0600), part by part; answers how many events, and the position they
    /// end at. What is appended meanwhile is left to the next export.
    func export(
        _ store: any StoreReading, of tenant: TenantID, to path: String, after position: Int64
    ) async throws -> (count: Int64, end: Int64) {
        let size = try await store.journalSize(of: tenant).size
        let file = try ExportFile(new: path)
        var (end, count) = (position, Int64(0))
        while end < size {
            let limit = Int(min(Int64(AuditService.partLimit), size - end))
            guard let part = try await lines(from: store, in: tenant, after: end, limit: limit) else { break }
            try file.append(Array(part.text.utf8))
            count += part.end - end
            end = part.end
        }
        return (count, end)
    }
}
