import Governance
import Identity
import SAML
import Vocabulary

/// What an application would be told of a person, without anybody signing in: for whoever writes its attributes and the rules
/// about it.
public struct SAMLApplicationPreview: Sendable {
    /// Whether policy lets the person in; asked without a sign-in, so a rule that wants a stronger one is named here.
    public let mayEnter: Bool
    /// Why not, as reason codes.
    public let reasons: [String]
    /// Attribute by attribute, and why.
    public let release: ReleasePreview
    /// The format of the name that it would be given; nil for none at all.
    public let nameIDFormat: String?
    /// Why no name could be given; nil where one can, or none is wanted.
    public let nameIDFault: String?
}

extension Gateway {
    /// Shows what an application would be told. Nothing is issued or made, and nobody is signed in.
    ///
    /// - Throws: `not_found` for somebody who is not here or may not sign in; why its metadata cannot be used.
    public func preview(_ application: SAMLApplication, of person: PersonID) async throws -> SAMLApplicationPreview {
        let peer = try await application.entity()
        let release = try await samlAttributes.preview(
            of: person, for: application, peer: peer, serviceIndex: nil, isStrong: false, makesIdentifiers: false)
        let refusal = try await EntryPolicy(decisions: decisions).refusal(
            of: person, at: EntryPolicy.Place(application))
        let name = try await nameIDFormat(application, peer, person)
        return SAMLApplicationPreview(
            mayEnter: refusal == nil, reasons: refusal?.reasons ?? [], release: release, nameIDFormat: name.format,
            nameIDFault: name.fault)
    }

    /// The name's format as a request that asks for none would get it.
    private func nameIDFormat(
        _ application: SAMLApplication, _ peer: EntityDescriptor, _ person: PersonID
    ) async throws -> (format: String?, fault: String?) {
        let settings = try saml.identityProvider(of: application.tenant)
        let decision = settings.usualNameID(
            for: peer, policy: application.settings.policy,
            affiliations: application.settings.affiliations, now: clock().seconds)
        switch decision {
        case .none: return (nil, nil)
        case .transient: return (NameIDFormat.transient, nil)
        case .persistent: return (NameIDFormat.persistent, nil)
        case .refuse(let status): return (nil, status.message ?? "no name of a format that it takes can be given")
        case .emailAddress: return try await (NameIDFormat.emailAddress, fault(application, person))
        case .other(let format): return try await (format, fault(application, person))
        }
    }

    private func fault(_ application: SAMLApplication, _ person: PersonID) async throws -> String? {
        guard try await samlAttributes.nameValue(of: person, for: application) == nil else { return nil }
        return
            "the person has not exactly one value of \(application.settings.nameIDSource.word), from which it is taken"
    }
}
