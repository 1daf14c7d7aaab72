/// The attributes of people that a provider says anything about, by the names that ownership knows. What none of a
/// person's providers describes is for administrators here to say.
public struct DescribedAttributes: Sendable, Hashable {
    private let names: Set<String>
    /// Whether free attributes count as described whatever they are called.
    private let hasEveryFreeName: Bool

    /// What a directory describes whose attributes nobody has listed: everything it can say without being told where a
    /// person stands in the organization.
    public static let usual = DescribedAttributes(
        names: Set(PersonAttribute.allCases.map(\.rawValue)).subtracting(
            [PersonAttribute.organizationUnit, .manager, .locale].map(\.rawValue)), hasEveryFreeName: true)

    /// A provider that says nothing about anybody.
    public static let none = DescribedAttributes(names: [], hasEveryFreeName: false)

    /// These built-in attributes and free ones, beside the login and the state of the account, which every directory
    /// tells.
    public init(_ builtIn: some Sequence<PersonAttribute>, free: some Sequence<String>) {
        let own = [PersonAttribute.login, .status] + builtIn
        self.init(names: Set(own.map(\.rawValue) + free.map { "attributes.\($0)" }), hasEveryFreeName: false)
    }

    private init(names: Set<String>, hasEveryFreeName: Bool) {
        self.names = names
        self.hasEveryFreeName = hasEveryFreeName
    }

    /// Whether the provider says anything of this attribute, built in or `attributes.<name>`.
    public func contains(_ attribute: String) -> Bool {
        names.contains(attribute) || hasEveryFreeName && attribute.hasPrefix("attributes.")
    }

    /// Whether the provider says anything of this built-in attribute.
    public func contains(_ attribute: PersonAttribute) -> Bool { names.contains(attribute.rawValue) }

    /// What either of two providers describes.
    public func union(_ other: DescribedAttributes) -> DescribedAttributes {
        DescribedAttributes(
            names: names.union(other.names), hasEveryFreeName: hasEveryFreeName || other.hasEveryFreeName)
    }
}
