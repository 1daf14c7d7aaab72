import Vocabulary

/// An attribute's value as the decision loop compares it: sixteen bytes without references.
///
/// A text is its number among the texts that policies compare with, or -1 when no policy knows it.
struct ResolvedValue: Sendable, BitwiseCopyable {
    enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// Zeroed memory: not looked at yet.
        case unresolved = 0
        case absent
        case text
        case integer
        case number
        case bool
        /// A list or an object: only `AttributeValue` says more.
        case other
    }

    let kind: Kind
    let bits: Int64

    static let absent = ResolvedValue(kind: .absent, bits: 0)

    init(kind: Kind, bits: Int64) {
        self.kind = kind
        self.bits = bits
    }

    @inline(__always)
    init(_ value: AttributeValue?, _ texts: TextTable) {
        switch value {
        case nil, .null: self = .absent
        case .string(let text): self.init(kind: .text, bits: Int64(texts[text] ?? -1))
        case .integer(let number): self.init(kind: .integer, bits: number)
        case .number(let number): self.init(kind: .number, bits: Int64(bitPattern: number.bitPattern))
        case .bool(let flag): self.init(kind: .bool, bits: flag ? 1 : 0)
        case .list, .object: self.init(kind: .other, bits: 0)
        }
    }

    /// Equality of two present values; nil when only the texts themselves can tell.
    @inline(__always)
    func equals(_ other: Self) -> ComparisonResult? {
        guard kind == other.kind else { return numericOrder(other).map { ComparisonResult($0 == 0) } ?? .mismatch }
        switch kind {
        case .text: return bits < 0 && other.bits < 0 ? nil : ComparisonResult(bits == other.bits)
        case .integer, .bool: return ComparisonResult(bits == other.bits)
        case .number: return numericOrder(other).map { ComparisonResult($0 == 0) } ?? .mismatch
        case .other, .absent, .unresolved: return .mismatch
        }
    }

    /// -1, 0 or 1; nil when one side is no number.
    @inline(__always)
    func numericOrder(_ other: Self) -> Int? {
        if kind == .integer, other.kind == .integer { return bits < other.bits ? -1 : bits == other.bits ? 0 : 1 }
        guard let left = numeric, let right = other.numeric else { return nil }
        return ValueComparison.numericOrder(left, right)
    }

    private var numeric: AttributeValue? {
        switch kind {
        case .integer: .integer(bits)
        case .number: .number(Double(bitPattern: UInt64(bitPattern: bits)))
        case .unresolved, .absent, .text, .bool, .other: nil
        }
    }
}

/// An immutable run of plain values that the decision loop reads without reference counting.
///
/// `@unchecked Sendable`: the memory is written before the initializer returns and never again; its owner frees it in
/// its `deinit`, and nobody keeps a copy longer than the owner.
struct FlatTable<Element: BitwiseCopyable>: @unchecked Sendable {
    let count: Int
    let base: UnsafePointer<Element>

    init(_ elements: [Element]) {
        count = elements.count
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
        memory.initialize(from: elements, count: elements.count)
        base = UnsafePointer(memory)
    }

    /// Callers index with numbers that the same compilation made; no input reaches this.
    @inline(__always)
    subscript(index: Int) -> Element { base[index] }

    func deallocate() { base.deallocate() }
}
