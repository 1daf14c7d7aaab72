import Vocabulary

/// A decision as it waits in a shard: one run of bytes, so that handing over moves no reference between cores.
///
/// A fixed head, then what two decisions must share to be identical (the *key*: facts position, asker, manner, inputs),
/// then what is each decision's own (batch, request, trace) in the form a segment has it in.
struct DecisionParcel {
    /// Lies in front of each parcel, in the machine's own byte order: it never leaves the process.
    struct Head: BitwiseCopyable {
        var count: UInt32 = 0
        var keyCount: UInt32 = 0
        var idHigh: UInt64 = 0
        var idLow: UInt64 = 0
        var at: Int64 = 0
        var tenantHigh: UInt64 = 0
        var tenantLow: UInt64 = 0
        /// Among the bases of the shard.
        var basis: UInt32 = 0
        var outcome: UInt8 = 0
        var enforcement: UInt8 = 0
        var mayFold: UInt8 = 0
        var inputsState: UInt8 = 0
        /// 1 where the inputs are numbers of the basis' index, as `CompactInputs` writes them.
        var isCompact: UInt8 = 0
        /// The answer is a no that a better login would turn: told apart where answers are counted.
        var asksStepUp: UInt8 = 0
        var askerCount: UInt32 = 0
        var mannerCount: UInt32 = 0
    }

    static let headCount = MemoryLayout<Head>.stride
    static let positionCount = 8

    let head: Head
    private let bytes: UnsafeRawBufferPointer

    /// The parcel at the beginning of these bytes, which `DecisionParcelWriter` wrote.
    @inline(__always)
    init(_ all: UnsafeRawBufferPointer, at offset: Int) {
        head = all.loadUnaligned(fromByteOffset: offset, as: Head.self)
        bytes = UnsafeRawBufferPointer(rebasing: all[offset..<offset + Int(head.count)])
    }

    var count: Int { Int(head.count) }
    var id: DecisionID { DecisionID(high: head.idHigh, low: head.idLow) }
    var at: Timestamp { Timestamp(microseconds: head.at) }
    var tenant: TenantID { TenantID(high: head.tenantHigh, low: head.tenantLow) }
    /// Its place among `AnsweredDecisions`.
    @inline(__always)
    var answered: Int { head.asksStepUp == 1 ? AnsweredDecisions.stepUp : Int(head.outcome) }

    var answer: UInt8 { head.outcome << 4 | head.enforcement }
    var isCompact: Bool { head.isCompact == 1 }
    var isMandatory: Bool { head.enforcement >= RecordedDecision.Enforcement.mandatory.rawValue }
    var inputsState: SegmentFormat.InputsState { SegmentFormat.InputsState(rawValue: head.inputsState) ?? .tooLarge }

    var key: UnsafeRawBufferPointer { part(Self.headCount, Int(head.keyCount)) }
    var factsPosition: Int64 { bytes.loadUnaligned(fromByteOffset: Self.headCount, as: Int64.self) }
    var asker: UnsafeRawBufferPointer { part(Self.headCount + Self.positionCount, Int(head.askerCount)) }
    var manner: UnsafeRawBufferPointer { part(mannerStart, Int(head.mannerCount)) }
    var inputs: UnsafeRawBufferPointer {
        let start = mannerStart + Int(head.mannerCount)
        return part(start, Self.headCount + Int(head.keyCount) - start)
    }
    /// Batch, request and trace as a segment has them.
    var own: UnsafeRawBufferPointer {
        let start = Self.headCount + Int(head.keyCount)
        return part(start, bytes.count - start)
    }

    private var mannerStart: Int { Self.headCount + Self.positionCount + Int(head.askerCount) }

    private func part(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
    }
}
