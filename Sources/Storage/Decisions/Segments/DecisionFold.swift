import Vocabulary

/// Identical allows below mandatory within one flush interval, kept as the first of them with a count, and the id of
/// every one.
struct DecisionFold {
    /// How the record stands in the segment's memo.
    let entry: Int
    let firstID: DecisionID
    let firstAt: Timestamp
    let factsPosition: Int64
    /// The first one's own part: batch, request, trace.
    let own: [UInt8]
    private(set) var count: Int64 = 1
    private(set) var lastAt: Timestamp
    private(set) var lastID: DecisionID
    private(set) var others = FoldedIDs()
    private var previous: DecisionID

    init(_ parcel: DecisionParcel, entry: Int) {
        self.entry = entry
        (firstID, firstAt, factsPosition) = (parcel.id, parcel.at, parcel.factsPosition)
        own = Array(parcel.own)
        (lastAt, lastID, previous) = (firstAt, firstID, firstID)
    }

    var isFull: Bool { others.isFull }

    mutating func add(_ parcel: DecisionParcel) {
        count += 1
        others.append(parcel.id, after: previous)
        previous = parcel.id
        if parcel.at >= lastAt { (lastAt, lastID) = (parcel.at, parcel.id) }
    }
}
