import Vocabulary

/// The standings of many subjects by `subject.id`, for questions about others than the caller. Belongs to one index.
public final class SubjectDirectory: Sendable {
    private let table: TextTable
    private let standings: [Standing]

    /// Of a repeated id, nothing is built: throws a fault.
    public init(_ subjects: [SubjectFacts], index: PolicyIndex) throws {
        table = TextTable(subjects.map(\.id))
        guard table.count == subjects.count else {
            throw Fault("decision.duplicate_subject", .caller, "an id stands twice")
        }
        standings = try subjects.map(index.standing(of:))
    }

    /// What the subject of this id holds, in constant time; nil when it is not known here, and then nothing is held.
    public func standing(of id: String) -> Standing? { table[id].map { standings[$0] } }
    public var count: Int { standings.count }
}

/// Stored facts about a resource.
public struct ResourceFacts: Sendable, Hashable {
    public let type: String
    public let id: String
    public let attributes: Attributes

    public init(type: String, id: String, attributes: Attributes) {
        self.type = type
        self.id = id
        self.attributes = attributes
    }
}

/// Stored facts about resources by type and id. Belongs to one index; what it holds beats what a request says.
public final class ResourceDirectory: Sendable {
    let stamp: IndexStamp
    private let types: TextTable
    private let tables: [TextTable]
    /// The same without counting, for look-ups.
    private let lookups: FlatTable<Unretained<TextTable>>
    /// Where each type's rows begin.
    private let starts: [Int]
    private let width: Int
    private let values: [AttributeValue?]
    private let resolved: FlatTable<ResolvedValue>

    /// Of a resource that stands twice nothing is built: throws a fault.
    public init(_ resources: [ResourceFacts], index: PolicyIndex) throws {
        let types = TextTable(resources.map(\.type))
        var parts = Array(repeating: [ResourceFacts](), count: types.count)
        for resource in resources {
            try DecisionRequest.check(resource.attributes)
            if let type = types[resource.type] { parts[type].append(resource) }
        }
        let tables = parts.map { TextTable($0.map(\.id)) }
        guard tables.map(\.count).reduce(0, +) == resources.count else {
            throw Fault("decision.duplicate_resource", .caller, "a resource stands twice")
        }
        starts = tables.indices.map { tables[..<$0].map(\.count).reduce(0, +) }
        values = parts.joined().flatMap { resource in
            index.resourcePaths.map { resource.attributes.value(at: $0.fields) }
        }
        resolved = FlatTable(values.map { ResolvedValue($0, index.texts) })
        lookups = FlatTable(tables.map { Unretained($0) })
        (self.types, self.tables, stamp, width) = (types, tables, index.stamp, index.resourcePaths.count)
    }

    deinit {
        resolved.deallocate()
        lookups.deallocate()
    }

    /// The number of a resource's row, nil when nothing is stored about it.
    @inline(__always)
    func row(_ type: String, _ id: String) -> Int? {
        guard let type = types[type], let place = lookups[type]({ $0[id] }) else { return nil }
        return starts[type] + place
    }

    func value(_ row: Int, _ place: Int) -> AttributeValue? { values[row * width + place] }

    @inline(__always)
    func resolved(_ row: Int, _ place: Int) -> ResolvedValue { resolved[row * width + place] }
}
