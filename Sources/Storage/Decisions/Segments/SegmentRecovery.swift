import Crypto
import Glibc
import Vocabulary

/// What a segment on disk turned out to hold.
struct RecoveredSegment {
    let header: SegmentFormat.Header
    /// Over the first `size` bytes: all that is whole.
    let hasher: SHA256
    let size: Int
    let records: Int64
    let firstAt: Timestamp?
    let lastAt: Timestamp?
    let isClosed: Bool
    let isDamaged: Bool

    /// Reads it through. Nil when it has no header. Throws `storage.file`.
    init?(_ path: String) throws {
        guard let frames = try SegmentFrames(path) else { return nil }
        var decoder = SegmentDecoder(frames.header)
        var records: Int64 = 0, first: Timestamp?, last: Timestamp?, isClosed = false, isDamaged = false
        reading: while !isClosed {
            switch try frames.next() {
            case .end: break reading
            case .damaged:
                isDamaged = true
                break reading
            case .frame(let payload, let offset):
                try decoder.decode(payload, at: offset) { item in
                    let times: (Timestamp, Timestamp)
                    switch item {
                    case .record(let record): times = (record.at, record.fold?.lastAt ?? record.at)
                    case .gap(let gap): times = (gap.first, gap.last)
                    case .close:
                        isClosed = true
                        return
                    }
                    records += 1
                    first = min(first ?? times.0, times.0)
                    last = max(last ?? times.1, times.1)
                }
            }
        }
        header = frames.header
        (hasher, size, self.records) = (frames.hasher, frames.offset, records)
        (firstAt, lastAt, self.isClosed, self.isDamaged) = (first, last, isClosed, isDamaged)
    }

    var announcement: SegmentClosed {
        SegmentClosed(
            tenant: header.tenant, name: SegmentFolder.name(header.first), sha256: Array(hasher.finalize()),
            first: header.first, records: records, firstAt: firstAt ?? header.createdAt,
            lastAt: lastAt ?? header.createdAt)
    }
}

extension SegmentFolder {
    /// Closes what an earlier run left open and returns all that still has to be journalled, with the number of the
    /// next record. A torn tail is cut off and kept beside the segment. Throws `storage.file`, `decisions.malformed`.
    func recover(_ tenant: TenantID) throws -> (waiting: [SegmentClosed], next: Int64) {
        var waiting: [SegmentClosed] = []
        var next: Int64 = 1
        for sum in try sums(tenant) { next = max(next, sum.first + sum.records) }
        for name in try segments(tenant) where !hasSum(tenant, name) {
            let path = path(tenant, name)
            guard let found = try RecoveredSegment(path) else {
                // Without a whole header nothing was ever acknowledged in it; kept aside all the same.
                guard rename(path, path + ".torn") == 0 else { throw Files.failure("rename", path) }
                continue
            }
            let segment = try found.isClosed ? found.announcement : finish(found, path)
            waiting.append(segment)
            next = max(next, segment.first + max(1, segment.records))
        }
        return (waiting, next)
    }

    private func finish(_ found: RecoveredSegment, _ path: String) throws -> SegmentClosed {
        var cut = 0
        if found.isDamaged {
            let bytes = try Files.read(path, limit: .max)
            cut = bytes.count - found.size
            unlink(path + ".torn")
            try Files.create(path + ".torn", Array(bytes[found.size...]))
            guard truncate(path, found.size) == 0 else { throw Files.failure("cut", path) }
        }
        return try SegmentWriter(resuming: found, path: path).close(cut: cut)
    }
}
