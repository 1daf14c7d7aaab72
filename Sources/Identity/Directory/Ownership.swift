import Vocabulary

/// A change refused because somebody else owns what it would change. The answer names the owner (HTTP 409).
public struct OwnershipConflict: Sendable, Hashable {
    public let owner: ManagedBy
    /// The attributes that are the owner's, sorted; empty when the object itself is.
    public let attributes: [String]

    public var fault: Fault {
        let what = attributes.isEmpty ? "It" : attributes.joined(separator: ", ")
        return Fault(
            "ownership.conflict", .caller, "\(what) is managed by \(owner.rawValue).",
            remedy: owner == .configuration
                ? "Change it in the configuration, or remove it from the configuration first."
                : "Change it where it is managed.")
    }
}

/// Who may change what: an attribute belongs to its own owner where one is named, else to the object's. A directory owns
/// what it describes and nothing more: the rest of its people belongs to administrators here, who else could say it?
public struct Ownership: Sendable, Hashable {
    public let object: ManagedBy
    public let attributes: [String: ManagedBy]
    /// What the object's providers say something about.
    public let described: DescribedAttributes

    public init(
        object: ManagedBy, attributes: [String: ManagedBy] = [:], described: DescribedAttributes = .usual
    ) {
        self.object = object
        self.attributes = attributes
        self.described = described
    }

    /// Who may change this attribute: its own owner, else the object's where the object's source describes it.
    public func owner(of attribute: String) -> ManagedBy {
        attributes[attribute] ?? (object == .sync && !described.contains(attribute) ? .api : object)
    }

    /// What stands against `actor` changing these attributes; nil when nothing does. Where several owners object, the
    /// one that owns the first attribute by name answers.
    public func conflict(changing changed: some Sequence<String>, by actor: ManagedBy) -> OwnershipConflict? {
        let foreign = changed.filter { owner(of: $0) != actor }.sorted()
        guard let first = foreign.first else { return nil }
        let answering: ManagedBy = owner(of: first)
        return OwnershipConflict(owner: answering, attributes: foreign.filter { owner(of: $0) == answering })
    }

    /// What stands against `actor` deleting or replacing the object as a whole.
    public func conflict(replacingBy actor: ManagedBy) -> OwnershipConflict? {
        object == actor ? nil : OwnershipConflict(owner: object, attributes: [])
    }
}

extension Person {
    /// Who may change what of this person, whose providers describe these attributes.
    public func owners(describedBy described: DescribedAttributes) -> Ownership {
        Ownership(object: managedBy, attributes: ownership, described: described)
    }
}
