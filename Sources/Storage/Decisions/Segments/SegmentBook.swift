import Vocabulary

/// The open segments of all tenants. Confined to the recorder's thread.
final class SegmentBook {
    private let configuration: DecisionRecorderConfiguration
    private let folder: SegmentFolder
    private let clock: @Sendable () -> Timestamp
    private let seal: SealDecisionInputs
    private let onClosed: @Sendable (SegmentClosed) -> Void
    private var next: [TenantID: Int64]
    private var open: [TenantID: SegmentWriter] = [:]
    private var latest: SegmentWriter?
    private var tick: UInt64 = 0
    private var nextRetention: Timestamp = .epoch
    private(set) var folded: Int64 = 0
    private(set) var unreadable: Int64 = 0
    private(set) var closed: Int64 = 0
    private(set) var deleted: Int64 = 0
    private(set) var retentionFailure: Fault?

    init(
        _ configuration: DecisionRecorderConfiguration, folder: SegmentFolder, next: [TenantID: Int64],
        clock: @escaping @Sendable () -> Timestamp, seal: @escaping SealDecisionInputs,
        onClosed: @escaping @Sendable (SegmentClosed) -> Void
    ) {
        self.configuration = configuration
        self.folder = folder
        self.next = next
        self.clock = clock
        self.seal = seal
        self.onClosed = onClosed
    }

    func announce(_ segment: SegmentClosed) { onClosed(segment) }

    func add(_ parcel: DecisionParcel, _ basis: RecordedBasis, single: Bool = false) throws {
        try writer(parcel.tenant).add(parcel, basis, single: single)
    }

    func add(_ gap: DecisionGap, _ tenant: TenantID) throws { try writer(tenant).add(gap) }

    /// Makes durable what this tick brought, then closes what is old, large or one too many.
    func endTick() throws {
        for writer in open.values where writer.lastTick == tick { folded += try writer.sync() }
        tick += 1
        let now = clock()
        let oldest = now - configuration.segmentAge
        for writer in open.values where writer.header.createdAt <= oldest || isOver(writer) { try close(writer) }
        while open.count > configuration.openSegments, let idle = open.values.min(by: { $0.lastTick < $1.lastTick }) {
            try close(idle)
        }
    }

    /// Deletes what has been kept long enough; at most once per interval. A failure is noted and tried again later.
    func retain() {
        let now = clock()
        guard let retention = configuration.retention, now >= nextRetention else { return }
        nextRetention = now + configuration.retentionInterval
        do {
            try deleteSegments(before: now - retention)
            retentionFailure = nil
        } catch {
            retentionFailure = error as? Fault ?? SegmentBytesReader.malformed
        }
    }

    private func deleteSegments(before limit: Timestamp) throws {
        for tenant in try folder.tenants() {
            let kept = Set(try folder.segments(tenant))
            for sum in try folder.sums(tenant) where sum.lastAt < limit && kept.contains(sum.name) {
                try folder.delete(tenant, sum.name)
                deleted += 1
            }
        }
    }

    func closeAll() throws {
        for writer in open.values { try close(writer) }
    }

    private func isOver(_ writer: SegmentWriter) -> Bool { writer.size >= configuration.segmentBytes || writer.isFull }

    private func writer(_ tenant: TenantID) throws -> SegmentWriter {
        if let latest, latest.header.tenant == tenant, !isOver(latest) {
            latest.lastTick = tick
            return latest
        }
        if let known = open[tenant] {
            if isOver(known) { try close(known) } else { latest = known }
        }
        let writer = try open[tenant] ?? begin(tenant)
        writer.lastTick = tick
        latest = writer
        return writer
    }

    private func begin(_ tenant: TenantID) throws -> SegmentWriter {
        let header = SegmentFormat.Header(tenant: tenant, first: next[tenant, default: 1], createdAt: clock())
        let writer = try SegmentWriter(folder, header, seal: seal)
        open[tenant] = writer
        return writer
    }

    private func close(_ writer: SegmentWriter) throws {
        folded += try writer.sync()
        let segment = try writer.close()
        unreadable += Int64(writer.unreadable)
        closed += 1
        next[segment.tenant] = segment.first + segment.records
        open[segment.tenant] = nil
        if latest === writer { latest = nil }
        onClosed(segment)
    }

    var unreadableSoFar: Int64 { open.values.reduce(unreadable) { $0 + Int64($1.unreadable) } }
}
