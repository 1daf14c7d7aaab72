/// What somebody is known by at a service provider, for good.
public enum SubjectRule: Sendable, Hashable {
    /// `pairwise-id` (Subject Identifier Attributes Profile §3.4).
    case pairwiseID
    /// `subject-id` (§3.3).
    case subjectID
    /// A name of the persistent format, with whose it is and for whom.
    case persistentNameID
    /// The only value of an attribute, by name and format.
    case attribute(name: String, nameFormat: String)
    /// A name of another format, which has to be one that stays: never a transient one.
    case nameID(format: String)

    /// Without a choice of one's own: the names that are made to stay.
    public static let usual: [SubjectRule] = [.pairwiseID, .subjectID, .persistentNameID]

    /// What an identity provider has to say, as its administrators know it.
    public var wanted: String {
        switch self {
        case .pairwiseID: "the attribute \(SubjectIdentifier.pairwiseID), within the provider's scopes"
        case .subjectID: "the attribute \(SubjectIdentifier.subjectID), within the provider's scopes"
        case .persistentNameID: "a NameID of the format \(NameIDFormat.persistent)"
        case .attribute(let name, _): "the attribute \(name), with one value"
        case .nameID(let format): "a NameID of the format \(format)"
        }
    }

    /// Whether it goes by what is said beside the name.
    var isAttribute: Bool {
        switch self {
        case .pairwiseID, .subjectID, .attribute: true
        case .persistentNameID, .nameID: false
        }
    }
}

/// By what an identity provider's somebody is found again: never by an address that can be given to somebody else, unless
/// an administrator said so.
public struct SubjectKey: Sendable, Hashable, Codable {
    /// Which rule it came by: names of different kinds are never the same.
    public let kind: String
    /// Who says it.
    public let issuer: String
    public let value: String
    public let qualifiers: [String]
}

extension SubjectRule {
    /// - Parameter attributes: with scopes checked: a value outside its issuer's scopes is not among them.
    func key(issuer: String, own entityID: String, nameID: NameID?, attributes: [SAMLAttribute]) -> SubjectKey? {
        switch self {
        case .pairwiseID: return Self.identifier(SubjectIdentifier.pairwiseID, issuer, attributes)
        case .subjectID: return Self.identifier(SubjectIdentifier.subjectID, issuer, attributes)
        case .persistentNameID:
            guard let nameID, Exact.same(NameIDFormat.effective(nameID.format), NameIDFormat.persistent) else {
                return nil
            }
            // SAML Core §8.3.7: what is not said is the issuer and the one it is issued to.
            return SubjectKey(
                kind: "persistent", issuer: issuer, value: nameID.value,
                qualifiers: [nameID.nameQualifier ?? issuer, nameID.spNameQualifier ?? entityID])
        case .attribute(let name, let format):
            guard let value = Self.only(name, format, attributes) else { return nil }
            return SubjectKey(kind: "attribute:" + name, issuer: issuer, value: value, qualifiers: [])
        case .nameID(let format):
            guard let nameID, !Exact.same(format, NameIDFormat.transient),
                Exact.same(NameIDFormat.effective(nameID.format), format)
            else { return nil }
            return SubjectKey(
                kind: "name:" + format, issuer: issuer, value: nameID.value,
                qualifiers: [nameID.nameQualifier, nameID.spNameQualifier].map { $0 ?? "" })
        }
    }

    /// §3.3.1, §3.4.1: one value, of the form, and compared without regard to case.
    private static func identifier(_ name: String, _ issuer: String, _ attributes: [SAMLAttribute]) -> SubjectKey? {
        guard let value = only(name, AttributeNameFormat.uri, attributes), SubjectIdentifier.isWellFormed(value) else {
            return nil
        }
        return SubjectKey(kind: name, issuer: issuer, value: value.lowercased(), qualifiers: [])
    }

    private static func only(_ name: String, _ format: String, _ attributes: [SAMLAttribute]) -> String? {
        let values = attributes.filter { Exact.same($0.name, name) && Exact.same($0.nameFormat, format) }
            .flatMap(\.values)
        guard values.count == 1, !values[0].trimmingXMLSpace().isEmpty,
            values[0].utf8.count <= NameID.byteLimit
        else { return nil }
        return values[0]
    }
}
