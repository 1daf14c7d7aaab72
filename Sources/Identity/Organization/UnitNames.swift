import Vocabulary

/// A tenant's organization units by what a directory may call them: an id, or a name that one unit alone has. Names are
/// compared as directories compare them, without regard to case.
public struct UnitNames: Sendable, Hashable {
    private let ids: [String: OrganizationUnitID]

    public init(_ units: some Sequence<OrganizationUnit>) {
        var ids: [String: OrganizationUnitID] = [:]
        var shared: Set<String> = []
        for unit in units where ids.updateValue(unit.id, forKey: NameKey.of(unit.name)) != nil {
            shared.insert(NameKey.of(unit.name))
        }
        // Two units of one name: which of them was meant is not for a guess, for policies hold by unit.
        for name in shared { ids[name] = nil }
        for unit in units { ids[NameKey.of(unit.id.description)] = unit.id }
        self.ids = ids
    }

    /// The unit that is called this; nil where none is, or several are.
    public subscript(text: String) -> OrganizationUnitID? { ids[NameKey.of(text)] }
}
