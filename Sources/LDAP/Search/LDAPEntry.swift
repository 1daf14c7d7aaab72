/// One entry of a directory: its name and the attributes that were asked for.
///
/// All values share one buffer; an entry of eight attributes costs a handful of allocations, not one per value.
public struct LDAPEntry: Sendable {
    /// As the server wrote it; compare names as `DistinguishedName`.
    public let dn: String
    let storage: [UInt8]
    let slots: [Slot]
    /// Some attribute came in part only, and the rest has to be asked for.
    let hasRanges: Bool

    /// One value: its attribute's name in lower case, and where its bytes lie.
    struct Slot: Sendable {
        let name: String
        let start: UInt32
        let end: UInt32
    }

    init(dn: String, storage: [UInt8], slots: [Slot], hasRanges: Bool) {
        self.dn = dn
        self.storage = storage
        self.slots = slots
        self.hasRanges = hasRanges
    }

    /// An entry made of values at hand, as tests and other sources need.
    public init(dn: String, attributes: [String: [[UInt8]]]) {
        var storage: [UInt8] = []
        var slots: [Slot] = []
        for (name, values) in attributes.sorted(by: { $0.key < $1.key }) {
            for value in values {
                let start = UInt32(storage.count)
                storage += value
                slots.append(Slot(name: name.lowercased(), start: start, end: UInt32(storage.count)))
            }
        }
        self.init(
            dn: dn, storage: storage, slots: slots, hasRanges: slots.contains { AttributeRange($0.name) != nil })
    }

    /// Every attribute's name, in lower case and without options, in the order the server sent them.
    public var attributeNames: [String] {
        var names: [String] = []
        for slot in slots where names.last != slot.name { names.append(slot.name) }
        return names
    }

    /// Everything: names in lower case, values as bytes.
    public var attributes: [String: [[UInt8]]] {
        var all: [String: [[UInt8]]] = [:]
        for slot in slots { all[slot.name, default: []].append(bytes(of: slot)) }
        return all
    }

    /// The values of an attribute as bytes; empty when it is absent. `name` may be in any letter case.
    public func values(_ name: String) -> [[UInt8]] {
        matching(name).map(bytes)
    }

    /// The values of an attribute that are UTF-8. `name` may be in any letter case.
    public func strings(_ name: String) -> [String] {
        matching(name).compactMap(text)
    }

    /// The first value of an attribute, when it is UTF-8.
    public subscript(name: String) -> String? {
        // Asked a dozen times per entry, nearly always with a name in lower case already.
        if let slot = slots.first(where: { $0.name == name }) { return text(of: slot) }
        let lowered = name.lowercased()
        return slots.first { $0.name == lowered }.flatMap(text)
    }

    /// How many bytes of values this entry holds.
    public var byteCount: Int { storage.count }

    private func matching(_ name: String) -> [Slot] {
        let lowered = name.lowercased()
        return slots.filter { $0.name == lowered }
    }

    private func bytes(of slot: Slot) -> [UInt8] { Array(storage[Int(slot.start)..<Int(slot.end)]) }

    private func text(of slot: Slot) -> String? {
        String(validating: storage[Int(slot.start)..<Int(slot.end)], as: UTF8.self)
    }
}

extension LDAPEntry {
    /// The entry with an attribute's values replaced, as when the rest of a ranged attribute has arrived.
    func replacing(_ name: String, with values: [[UInt8]], dropping raw: String) -> LDAPEntry {
        var all = attributes
        all[raw] = nil
        all[name] = values
        return LDAPEntry(dn: dn, attributes: all)
    }
}
