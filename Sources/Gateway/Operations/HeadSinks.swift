import Logging
import Storage
import Vocabulary

/// Where signed heads of the journal are copied to.
enum HeadSinks {
    /// The configured file sinks, with whose newest heads the journal is compared at start. Webhooks cannot be read back;
    /// a `HeadCourier` carries heads to them.
    static func make(_ configuration: JournalConfiguration, logger: Logger) -> (any HeadSink)? {
        let files = configuration.sinks.compactMap { sink -> FileHeadSink? in
            if case .file(let path) = sink { FileHeadSink(path: path) } else { nil }
        }
        return files.isEmpty ? nil : HeadFanOut(sinks: files)
    }
}

/// Several sinks behind one. A head counts as published when all have it.
private struct HeadFanOut: HeadSink {
    let sinks: [any HeadSink]

    func publish(_ heads: [SignedHead]) throws {
        for sink in sinks { try sink.publish(heads) }
    }

    /// The newest head of each tenant among all sinks: one that was cut back cannot hide what another holds.
    func newest() throws -> [TenantID: SignedHead] {
        var newest: [TenantID: SignedHead] = [:]
        for sink in sinks {
            newest.merge(try sink.newest()) { one, other in
                (one.epoch, one.size) >= (other.epoch, other.size) ? one : other
            }
        }
        return newest
    }
}
