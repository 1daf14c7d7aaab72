/// A rule about which attributes a service provider is told.
public struct ReleaseRule: Sendable, Hashable {
    /// Which service providers it is about (IIP-IDP02, IIP-IDP03).
    public enum Audience: Sendable, Hashable {
        case everyone
        case entity(String)
        /// Those with this value of an entity attribute.
        case entityAttribute(name: String, value: String)
        /// Those registered by this authority.
        case registeredBy(String)
        /// Those to whom all of these apply.
        case all([Audience])
    }

    /// Which attributes.
    public enum Selection: Sendable, Hashable {
        /// These, by name.
        case named([String])
        /// Those of these that its metadata asks for; only the ones it says it needs, where so said (IIP-IDP04).
        case requested([String], onlyRequired: Bool)
    }

    /// What a rule does.
    public enum Effect: String, Sendable, Hashable, CaseIterable {
        case release
        /// Whatever another rule releases.
        case withhold
    }

    /// By which the rule is told of.
    public var name: String
    public var audience: Audience
    public var selection: Selection
    public var effect: Effect
    /// Only values among these; empty for all.
    public var values: [String]

    public init(
        _ name: String, for audience: Audience, _ selection: Selection, effect: Effect = .release, values: [String] = []
    ) {
        self.name = name
        self.audience = audience
        self.selection = selection
        self.effect = effect
        self.values = values
    }
}

/// What a service provider is told of an attribute, and why.
public struct AttributeRelease: Sendable, Hashable {
    public let attribute: SAMLAttribute
    public let releasedBy: [String]
    public let withheldBy: [String]
    /// Its metadata asks for it; and says that it needs it.
    public let isRequested: Bool
    public let isRequired: Bool
    /// Values that are there and are not told.
    public let withheldCount: Int

    /// Nothing of it is told.
    public var isWithheld: Bool { attribute.values.isEmpty }
}

/// All that a service provider would be told, to be looked at before and gone by after.
public struct ReleasePreview: Sendable, Hashable {
    /// By name, every attribute that there is of the person.
    public let attributes: [AttributeRelease]
    /// What its metadata says it needs and there is nothing of to tell.
    public let missing: [String]

    /// What goes into the statement.
    public var released: [SAMLAttribute] { attributes.filter { !$0.isWithheld }.map(\.attribute) }
}

extension ReleaseRule.Audience {
    func includes(_ peer: EntityDescriptor) -> Bool {
        switch self {
        case .everyone: true
        case .entity(let id): Exact.same(id, peer.entityID)
        case .entityAttribute(let name, let value): Exact.holds(peer.attribute(name), value)
        case .registeredBy(let authority): Exact.same(peer.registration?.authority, authority)
        case .all(let parts): !parts.isEmpty && parts.allSatisfy { $0.includes(peer) }
        }
    }
}

extension Array where Element == ReleaseRule {
    /// What these rules tell a service provider of somebody.
    ///
    /// - Parameters:
    ///   - available: what there is of the person, named as it would be told.
    ///   - serviceIndex: which group of attributes the request named.
    public func preview(
        of available: [SAMLAttribute], for peer: EntityDescriptor, serviceIndex: Int? = nil, now: Int64
    ) -> ReleasePreview {
        let role = peer.serviceProvider(at: now, skew: 300)
        let requested = role?.requestedAttributes(index: serviceIndex) ?? []
        let rules = filter { $0.audience.includes(peer) }
        let releases = available.map { attribute in
            rules.release(
                of: attribute, requested: requested.filter { $0.attribute.isSame(as: attribute) },
                isUnasked: SubjectIdentifier.isUnasked(attribute.name, by: peer, among: available))
        }
        let told = releases.filter { !$0.isWithheld }.map(\.attribute)
        let missing = requested.filter { wanted in
            wanted.isRequired && !told.contains { $0.isSame(as: wanted.attribute) }
        }
        return ReleasePreview(attributes: releases, missing: missing.map(\.attribute.name))
    }

    private func release(
        of attribute: SAMLAttribute, requested: [RequestedAttribute], isUnasked: Bool
    ) -> AttributeRelease {
        let about = filter { $0.isAbout(attribute, requested) }
        let releasing = about.filter { $0.effect == .release }
        let withholding = about.filter { $0.effect == .withhold }
        // A service provider that names values is after those only (SAML Metadata §2.4.4.2).
        let wanted = requested.contains { $0.attribute.values.isEmpty } ? [] : requested.flatMap(\.attribute.values)
        var told = attribute
        told.values = attribute.values.filter { value in
            !isUnasked && releasing.contains { $0.covers(value, wanted) }
                && !withholding.contains { $0.covers(value, []) }
        }
        return AttributeRelease(
            attribute: told, releasedBy: releasing.map(\.name), withheldBy: withholding.map(\.name),
            isRequested: !requested.isEmpty, isRequired: requested.contains(where: \.isRequired),
            withheldCount: attribute.values.count - told.values.count)
    }
}

extension ReleaseRule {
    fileprivate func isAbout(_ attribute: SAMLAttribute, _ requested: [RequestedAttribute]) -> Bool {
        switch selection {
        case .named(let names): Exact.holds(names, attribute.name)
        case .requested(let names, let onlyRequired):
            Exact.holds(names, attribute.name) && requested.contains { $0.isRequired || !onlyRequired }
        }
    }

    fileprivate func covers(_ value: String, _ wanted: [String]) -> Bool {
        guard values.isEmpty || Exact.holds(values, value) else { return false }
        if case .requested = selection, !wanted.isEmpty { return Exact.holds(wanted, value) }
        return true
    }
}

extension SubjectIdentifier {
    /// What a service provider says it needs (Subject Identifier Attributes Profile §2.4).
    public enum Requirement: String, Sendable, Hashable, CaseIterable {
        case subjectID = "subject-id"
        case pairwiseID = "pairwise-id"
        case none
        /// Either; the one that tells less is given.
        case any
    }

    /// Nil where it says nothing, or something else.
    public static func requirement(of peer: EntityDescriptor) -> Requirement? {
        let values = peer.attribute(requirement)
        return values.count == 1 ? Requirement(rawValue: values[0]) : nil
    }

    /// Whether the service provider says that it does not want this identifier: it is not told one that lets it be compared
    /// with others, where another one is enough and there is one (SDP-IDP15).
    static func isUnasked(_ name: String, by peer: EntityDescriptor, among available: [SAMLAttribute]) -> Bool {
        guard let wanted = requirement(of: peer) else { return false }
        if Exact.same(name, pairwiseID) { return wanted == .none || wanted == .subjectID }
        guard Exact.same(name, subjectID) else { return false }
        let tellsLess = available.contains { Exact.same($0.name, pairwiseID) && !$0.values.isEmpty }
        return wanted == .any ? tellsLess : wanted != .subjectID
    }
}
