/// A document of metadata, read: its entities by their names. What it was read from is not kept.
public struct MetadataDocument: Sendable {
    /// The root's `ID`, by which its signature names it.
    public let id: String?
    /// The `Name` of a group.
    public let name: String?
    /// The root's own bound, seconds since 1970.
    public let validUntil: Int64?
    public let cacheDuration: Int64?
    /// When a publisher says it was made (`mdrpi:PublicationInfo`), and which of several it is.
    public let publishedAt: Int64?
    public let isGroup: Bool
    /// In the document's order.
    public let entityIDs: [String]
    /// Whatever was wrong and left out.
    public let faults: [MetadataFault]
    private let entities: [String: EntityDescriptor]

    /// No document holds more entities.
    public static let entityLimit = 100_000
    /// Groups stand no deeper in one another.
    public static let depthLimit = 8

    /// Reads the root of a document, `EntityDescriptor` or `EntitiesDescriptor`. An entity that is wrong is left out and
    /// told of; the others stay.
    ///
    /// - Throws: everything that was found, where the document is none of metadata or nothing of it can be used.
    public init(reading root: XMLElement) throws(MetadataFaults) {
        var reader = MetadataReader()
        guard root.name == .md("EntityDescriptor") || root.name == .md("EntitiesDescriptor") else {
            reader.blame("the root is \(root.name.local), not EntityDescriptor or EntitiesDescriptor", .document)
            throw MetadataFaults(faults: reader.faults)
        }
        isGroup = root.name == .md("EntitiesDescriptor")
        id = root.attribute("ID")
        name = root.attribute("Name")
        validUntil = root.attribute("validUntil").map { SchemaTime.seconds($0) ?? 0 }
        cacheDuration = root.attribute("cacheDuration").flatMap(SchemaTime.duration)
        publishedAt = root.child(.md("Extensions"))?.child(XMLName(XMLNamespace.registration, "PublicationInfo"))?
            .attribute("creationInstant").flatMap(SchemaTime.seconds)
        var gathering = Gathering()
        gathering.take(root, inherited: MetadataReader.Inherited(), depth: 0, with: &reader)
        if gathering.entities.isEmpty { reader.blame("holds no entity that can be used", .document) }
        if gathering.isOverfull {
            reader.blame("holds more than \(Self.entityLimit) entities, or groups too deep in one another", .document)
        }
        (entityIDs, entities, faults) = (gathering.order, gathering.entities, reader.faults)
        guard !faults.contains(where: { $0.effect == .document }) else { throw MetadataFaults(faults: faults) }
    }

    /// The entity of this name, octet by octet.
    public subscript(entityID: String) -> EntityDescriptor? {
        guard let found = entities[entityID], Exact.same(found.entityID, entityID) else { return nil }
        return found
    }

    /// All entities, in the document's order.
    public var all: some Sequence<EntityDescriptor> { entityIDs.lazy.compactMap { entities[$0] } }

    public var count: Int { entityIDs.count }

    private struct Gathering {
        var order: [String] = []
        var entities: [String: EntityDescriptor] = [:]
        var isOverfull = false

        mutating func take(
            _ element: XMLElement, inherited: MetadataReader.Inherited, depth: Int, with reader: inout MetadataReader
        ) {
            guard depth <= MetadataDocument.depthLimit, order.count < MetadataDocument.entityLimit else {
                isOverfull = true
                return
            }
            if element.name == .md("EntityDescriptor") {
                let place = depth == 0 ? "EntityDescriptor" : "EntityDescriptor[\(order.count + 1)]"
                let found = reader.at(place) { $0.entity(element, inherited: inherited) }
                if let found { keep(found, with: &reader) }
            } else if element.name == .md("EntitiesDescriptor") {
                let handed = reader.handedDown(element, inherited)
                for child in element.elements {
                    take(child, inherited: handed, depth: depth + 1, with: &reader)
                }
            }
        }

        private mutating func keep(_ entity: EntityDescriptor, with reader: inout MetadataReader) {
            guard entities[entity.entityID] == nil else {
                // Which of two is meant nobody can know; the first is what most readers see.
                reader.entityID = entity.entityID
                reader.blame("stands twice in the document; the first is taken", .entity)
                reader.entityID = nil
                return
            }
            entities[entity.entityID] = entity
            order.append(entity.entityID)
        }
    }
}
