import Crypto
import Glibc
import Vocabulary

/// The open segment of one tenant. Confined to the recorder's thread.
final class SegmentWriter {
    private static let frameSize = 256 << 10

    let header: SegmentFormat.Header
    let name: String
    /// When it was last written to, in ticks of the drainer.
    var lastTick: UInt64 = 0
    private let path: String
    private let descriptor: Int32
    private var encoder: SegmentEncoder
    private var folds: [DecisionFold] = []
    private var folded: Int64 = 0
    private var hasher = SHA256()
    private var frame: [UInt8] = []
    private(set) var size = 0
    private(set) var records: Int64 = 0
    private var firstAt: Timestamp?
    private var lastAt: Timestamp?
    private var isDirty = false

    var unreadable: Int { encoder.unreadable }
    var isFull: Bool { encoder.isFull }

    /// Begins a new segment. Throws `storage.file` when the file exists or cannot be made.
    init(_ folder: SegmentFolder, _ header: SegmentFormat.Header, seal: @escaping SealDecisionInputs) throws {
        self.header = header
        name = SegmentFolder.name(header.first)
        path = folder.path(header.tenant, name)
        encoder = SegmentEncoder(header, seal: seal)
        try Files.makeDirectory(folder.directory(header.tenant))
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Files.failure("make", path) }
        do {
            try write(header.bytes)
            hasher.update(data: header.bytes)
            try Files.syncDirectory(of: path)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Goes on with a segment whose last frame is known to be whole, only to close it.
    init(resuming recovered: RecoveredSegment, path: String) throws {
        header = recovered.header
        name = SegmentFolder.name(header.first)
        self.path = path
        encoder = SegmentEncoder(header, seal: { _, _, _, _ in throw SegmentBytesReader.malformed })
        (hasher, size, records) = (recovered.hasher, recovered.size, recovered.records)
        (firstAt, lastAt) = (recovered.firstAt, recovered.lastAt)
        descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.failure("open", path) }
    }

    deinit { Glibc.close(descriptor) }

    /// Takes a decision; an allow that may fold waits for the end of the tick.
    /// Throws `storage.file`, `decisions.malformed`.
    func add(_ parcel: DecisionParcel, _ basis: RecordedBasis, single: Bool = false) throws {
        let entry = try encoder.entry(of: parcel, basis)
        if parcel.head.mayFold == 1, !single {
            try fold(parcel, entry)
        } else {
            encoder.decision(parcel, entry)
            count(parcel.at, parcel.at)
        }
        if encoder.payload.count >= Self.frameSize { try flush() }
        if encoder.isMemoFull {
            try endFolds()
            encoder.endTick()
        }
    }

    private func fold(_ parcel: DecisionParcel, _ entry: Int) throws {
        let number = encoder.foldNumber(of: entry)
        if number >= 0, !folds[number].isFull { return folds[number].add(parcel) }
        // Of a full one, the next takes the place: both are written at the end of the tick.
        encoder.setFold(folds.count, of: entry)
        folds.append(DecisionFold(parcel, entry: entry))
    }

    func add(_ gap: DecisionGap) {
        encoder.gap(gap)
        count(gap.first, gap.last)
    }

    /// Writes what waits, durably: the end of a tick. Returns how many decisions vanished into folds.
    func sync() throws -> Int64 {
        try endFolds()
        encoder.endTick()
        try flush()
        defer { folded = 0 }
        guard isDirty else { return folded }
        guard fdatasync(descriptor) == 0 else { throw Files.failure("sync", path) }
        isDirty = false
        return folded
    }

    /// Ends the segment for ever. It must have been synced.
    func close(cut: Int = 0) throws -> SegmentClosed {
        encoder.close(records: records, cut: cut)
        try flush()
        guard fsync(descriptor) == 0 else { throw Files.failure("sync", path) }
        return SegmentClosed(
            tenant: header.tenant, name: name, sha256: Array(hasher.finalize()), first: header.first, records: records,
            firstAt: firstAt ?? header.createdAt, lastAt: lastAt ?? header.createdAt)
    }

    private func endFolds() throws {
        for fold in folds {
            encoder.fold(fold)
            encoder.setFold(-1, of: fold.entry)
            count(fold.firstAt, fold.lastAt)
            folded += fold.count - 1
            if encoder.payload.count >= Self.frameSize { try flush() }
        }
        folds.removeAll(keepingCapacity: folds.count < 1 << 16)
    }

    private func count(_ first: Timestamp, _ last: Timestamp) {
        records += 1
        firstAt = min(firstAt ?? first, first)
        lastAt = max(lastAt ?? last, last)
    }

    private func flush() throws {
        guard encoder.payload.count > 0 else { return }
        let length = UInt32(encoder.payload.count)
        frame.removeAll(keepingCapacity: true)
        withUnsafeBytes(of: length.bigEndian) { frame.append(contentsOf: $0) }
        frame.append(contentsOf: encoder.payload.bytes)
        hasher.update(data: frame)
        let tag = Array(hasher.finalize().prefix(SegmentFormat.tagLength))
        hasher.update(data: tag)
        frame.append(contentsOf: tag)
        encoder.payload.removeAll()
        try write(frame)
    }

    private func write(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Files.failure("write", path) }
            done += count
        }
        size += bytes.count
        isDirty = true
    }
}
