/// One thing that is wrong with metadata, and what becomes of what it is wrong with.
public struct MetadataFault: Sendable, Hashable, CustomStringConvertible {
    /// What a fault costs.
    public enum Effect: String, Sendable, Hashable {
        /// The whole document is not taken.
        case document
        /// The entity is left out; those beside it are not.
        case entity
        /// What it is wrong with is left out, and the entity stays.
        case part
    }

    public let effect: Effect
    /// The entity, where one is known.
    public let entityID: String?
    /// Where, from the entity on: `IDPSSODescriptor[1]/KeyDescriptor[2]`.
    public let path: String
    /// What is wrong and what would be right.
    public let reason: String

    public var description: String {
        [entityID, path.isEmpty ? nil : path].compactMap { $0 }.joined(separator: " ") + ": " + reason
    }
}

/// Metadata that is not taken at all, with everything that was found.
public struct MetadataFaults: Error, Sendable, Hashable, CustomStringConvertible {
    public let faults: [MetadataFault]

    public var description: String { faults.map(\.description).joined(separator: "\n") }
}

/// Gathers faults with where they are.
struct MetadataReader {
    private(set) var faults: [MetadataFault] = []
    var entityID: String?
    private var path: [String] = []

    /// No more faults are kept: a document that is wrong throughout is told of by its beginning.
    static let faultLimit = 500

    var place: String { path.joined(separator: "/") }

    mutating func blame(_ reason: String, _ effect: MetadataFault.Effect = .part, at step: String? = nil) {
        guard faults.count < Self.faultLimit else { return }
        let place = (path + (step.map { [$0] } ?? [])).joined(separator: "/")
        faults.append(MetadataFault(effect: effect, entityID: entityID, path: place, reason: reason))
    }

    /// Reads what stands at a step of the path.
    mutating func at<Result>(_ step: String, _ body: (inout MetadataReader) -> Result) -> Result {
        path.append(step)
        defer { path.removeLast() }
        return body(&self)
    }

    /// Every child of a name, with its place.
    mutating func each<Result>(
        _ name: XMLName, of element: XMLElement, _ body: (inout MetadataReader, XMLElement) -> Result?
    ) -> [Result] {
        element.children(name).enumerated().compactMap { number, child in
            at("\(name.local)[\(number + 1)]") { body(&$0, child) }
        }
    }

    mutating func time(_ local: String, of element: XMLElement) -> Int64? {
        guard let text = element.attribute(local) else { return nil }
        if let seconds = SchemaTime.seconds(text) { return seconds }
        // A bound that cannot be read is one that has passed: nobody knows that it has not.
        blame("\(local) is not a moment with its zone, as 2030-01-01T00:00:00Z is; it is taken for one that has passed")
        return 0
    }

    mutating func duration(_ local: String, of element: XMLElement) -> Int64? {
        guard let text = element.attribute(local) else { return nil }
        if let seconds = SchemaTime.duration(text) { return seconds }
        blame("\(local) is not a duration, as PT6H is; it is passed over")
        return nil
    }
}
