/// A bounded queue that serves its shares (tenants, say) in turn, and each share first come, first served, so that a
/// flood in one does not make the others wait behind it.
struct FairQueue<Element> {
    let limit: Int
    let limitPerShare: Int
    private(set) var count = 0
    private var shares: [UInt64: [Element]] = [:]
    /// Shares with waiting elements, next to be served first.
    private var turns: [UInt64] = []

    init(limit: Int, limitPerShare: Int) {
        self.limit = limit
        self.limitPerShare = limitPerShare
    }

    /// False, and nothing is kept, when the queue or that share of it is full.
    mutating func append(_ element: Element, share: UInt64) -> Bool {
        guard count < limit, (shares[share]?.count ?? 0) < limitPerShare else { return false }
        if shares[share] == nil { turns.append(share) }
        shares[share, default: []].append(element)
        count += 1
        return true
    }

    mutating func popNext() -> Element? {
        guard !turns.isEmpty, var waiting = shares.removeValue(forKey: turns[0]) else { return nil }
        let share = turns.removeFirst()
        let element = waiting.removeFirst()
        if !waiting.isEmpty {
            shares[share] = waiting
            turns.append(share)
        }
        count -= 1
        return element
    }

    mutating func removeFirst(share: UInt64, where matches: (Element) -> Bool) -> Element? {
        guard let index = shares[share]?.firstIndex(where: matches) else { return nil }
        let element = shares[share]?.remove(at: index)
        if shares[share]?.isEmpty == true {
            shares[share] = nil
            turns.removeAll { $0 == share }
        }
        count -= 1
        return element
    }

    mutating func removeAll() -> [Element] {
        defer { self = FairQueue(limit: limit, limitPerShare: limitPerShare) }
        return turns.flatMap { shares[$0] ?? [] }
    }
}
