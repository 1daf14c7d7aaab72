/// Active Directory sends at most 1,500 values of an attribute and names the rest by range (MS-ADTS §3.1.1.3.1.3.3):
/// `member;range=0-1499`, asked on as `member;range=1500-*`, until a range ends in `*`.
extension LDAPHandle {
    /// A million and a half values at that size.
    private static let rangeStepLimit = 1_000

    func completeRanges(
        _ page: inout Page, _ allowance: Allowance, _ cancellation: CancellationFlag
    ) throws(LDAPError) {
        for index in page.entries.indices where page.entries[index].hasRanges {
            for raw in page.entries[index].attributeNames {
                guard let range = AttributeRange(raw) else { continue }
                let entry = page.entries[index]
                let all = try remainder(of: raw, range, entry, allowance.bytes - page.bytes, cancellation)
                page.bytes += all.reduce(0) { $0 + $1.count } - entry.values(raw).reduce(0) { $0 + $1.count }
                page.entries[index] = entry.replacing(range.attribute, with: all, dropping: raw)
            }
        }
    }

    private func remainder(
        of raw: String, _ first: AttributeRange, _ entry: LDAPEntry, _ byteAllowance: Int,
        _ cancellation: CancellationFlag
    ) throws(LDAPError) -> [[UInt8]] {
        var values = entry.values(raw)
        var range = first
        var bytes = 0
        var steps = 0
        while let last = range.last {
            steps += 1
            guard steps <= Self.rangeStepLimit else { throw .limitExceeded(.rangeSteps) }
            guard range.first <= last, last < Int.max else { throw .malformedAnswer("a range runs backwards") }
            let asked = "\(range.attribute);range=\(last + 1)-*"
            let request = SearchRequest(
                base: entry.dn, scope: .base, filter: "(objectClass=*)", attributes: [asked])
            let answer = try page(plain: request, cancellation)
            guard
                let next = answer.attributeNames.lazy.compactMap({ name in AttributeRange(name).map { (name, $0) } })
                    .first(where: { $0.1.attribute == range.attribute }), next.1.first == last + 1
            else { throw .malformedAnswer("the rest of a ranged attribute is missing") }
            let more = answer.values(next.0)
            bytes += more.reduce(0) { $0 + $1.count }
            guard bytes <= byteAllowance else { throw .limitExceeded(.bytes) }
            values += more
            range = next.1
        }
        return values
    }

    /// One entry by name, its ranges left as they are.
    private func page(plain request: SearchRequest, _ cancellation: CancellationFlag) throws(LDAPError) -> LDAPEntry {
        let page = try rawPage(
            request, cookie: nil, Allowance(entries: 1, bytes: configuration.messageByteLimit), cancellation)
        guard let entry = page.entries.first else { throw .malformedAnswer("an entry vanished while it was read") }
        return entry
    }
}

/// An attribute description with a range option.
struct AttributeRange {
    /// Lower case, without the range.
    let attribute: String
    let first: Int
    /// Nil when the range reaches the end.
    let last: Int?

    init?(_ name: String) {
        guard let option = name.firstRange(of: ";range=") else { return nil }
        let bounds = name[option.upperBound...].split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, let first = Int(bounds[0]), first >= 0 else { return nil }
        if bounds[1] == "*" {
            last = nil
        } else {
            guard let last = Int(bounds[1]), last >= 0 else { return nil }
            self.last = last
        }
        attribute = String(name[..<option.lowerBound])
        self.first = first
    }
}
