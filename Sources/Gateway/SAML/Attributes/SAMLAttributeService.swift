import Foundation
import Identity
import SAML
import Storage
import Vocabulary

/// What applications are told of people by assertions: from what is known, by the rules of the tenant and the application's
/// own.
public struct SAMLAttributeService: Sendable {
    let store: Store
    let facts: KnownPersonReader
    let tenants: TenantTable
    let settings: SAMLConfiguration
    let clock: @Sendable () -> Timestamp

    /// What stands in a preview for an identifier that is made when somebody signs in for the first time.
    public static let notMadeYet = "(made at the first sign-in)"

    /// All that an application is told of somebody, attribute by attribute, with why.
    ///
    /// - Parameters:
    ///   - peer: the application's metadata.
    ///   - serviceIndex: which group of attributes the request named.
    ///   - isStrong: they proved a second factor, so that roles which want one count.
    ///   - makesIdentifiers: an identifier of theirs at this application is made and kept where there is none yet. Without
    ///     it `notMadeYet` stands in its place, which is for looking at and never for an assertion.
    /// - Throws: `not_found` for somebody who is gone or disabled.
    public func preview(
        of person: PersonID, for application: SAMLApplication, peer: EntityDescriptor, serviceIndex: Int?,
        isStrong: Bool, makesIdentifiers: Bool
    ) async throws -> ReleasePreview {
        let tenant = application.tenant
        guard let known = try await facts.facts(of: person, in: tenant, isStrong: isStrong) else {
            throw Fault.notFound("person")
        }
        let slug = tenants.tenant(tenant)?.slug ?? ""
        var available: [SAMLAttribute] = []
        for definition in settings.attributes.definitions {
            var attribute = definition.attribute
            attribute.values = try await values(
                of: definition.source, known, application, scope: settings.attributes.scopes[slug], makesIdentifiers)
            if !attribute.values.isEmpty { available.append(attribute) }
        }
        return rules(for: application, slug).preview(
            of: available, for: peer, serviceIndex: serviceIndex, now: clock().seconds)
    }

    /// What goes into an assertion. An identifier of theirs at this application is made where there is none yet.
    ///
    /// - Throws: `not_found` for somebody who is gone or disabled.
    func released(
        to application: SAMLApplication, _ peer: EntityDescriptor, of person: PersonID, serviceIndex: Int?,
        isStrong: Bool
    ) async throws -> [SAMLAttribute] {
        try await preview(
            of: person, for: application, peer: peer, serviceIndex: serviceIndex, isStrong: isStrong,
            makesIdentifiers: true
        ).released
    }

    /// The value of a name whose format is neither transient nor persistent; nil where nothing is known.
    public func nameValue(of person: PersonID, for application: SAMLApplication) async throws -> String? {
        let tenant = application.tenant
        guard let known = try await facts.facts(of: person, in: tenant, isStrong: false) else { return nil }
        let values = try await facts.texts(of: application.settings.nameIDSource, known, in: tenant)
        // Which of several is meant nobody knows.
        return values.count == 1 ? values[0] : nil
    }

    /// The tenant's rules, and the application's own.
    private func rules(for application: SAMLApplication, _ slug: String) -> [ReleaseRule] {
        let own = application.settings.attributes.compactMap { settings.attributes[$0]?.attribute.name }
        let rules = settings.release.filter { $0.tenant == slug }.map(\.rule)
        guard !own.isEmpty else { return rules }
        return rules + [ReleaseRule(Self.ownRule, for: .entity(application.entityID), .named(own))]
    }

    /// By which an application's own attributes are told of.
    public static let ownRule = "the application's own"

    private func values(
        of source: SAMLAttributeSet.Source, _ known: KnownPerson, _ application: SAMLApplication, scope: String?,
        _ makes: Bool
    ) async throws -> [String] {
        switch source {
        case .claim(let claim):
            return try await facts.texts(of: claim, known, in: application.tenant).filter(XMLText.isExpressible)
        case .scopedLogin:
            return scope.flatMap { Self.scoped(known.person.login, $0) }.map { [$0] } ?? []
        case .subjectID:
            // The person's id is random, theirs for good and never given to anybody else.
            return scope.map { [NameIDMaking.scopedIdentifier(random: known.person.id.bytes, scope: $0)] } ?? []
        case .pairwiseID:
            guard let scope else { return [] }
            return [try await pairwise(known.person.id, application, scope, makes)]
        }
    }

    /// A login with the scope; one that is an address already has it or is none.
    private static func scoped(_ login: String, _ scope: String) -> String? {
        guard XMLText.isExpressible(login) else { return nil }
        guard login.contains("@") else { return "\(login)@\(scope)" }
        return login.lowercased().hasSuffix("@" + scope.lowercased()) && login.count(where: { $0 == "@" }) == 1
            ? login : nil
    }

    /// Drawn once for this person and application, and kept: no change of a key changes who somebody is.
    private func pairwise(
        _ person: PersonID, _ application: SAMLApplication, _ scope: String, _ makes: Bool
    ) async throws -> String {
        let (sector, tenant) = (Self.sector(of: application), application.tenant)
        if let known = try await store.read({ try $0.knownPairwiseSubject(of: person, sector: sector, in: tenant) }) {
            return "\(known)@\(scope)"
        }
        guard makes else { return Self.notMadeYet }
        let fresh = NameIDMaking.uniquePart(random: Randomness.bytes(20))
        let kept = try await store.write(.login) { tx in
            try tx.sql.pairwiseSubject(of: person, sector: sector, in: tenant, fresh: fresh)
        }
        return "\(kept)@\(scope)"
    }

    /// No sector of OpenID Connect has a blank in it: those are hosts.
    private static func sector(of application: SAMLApplication) -> String { "saml pairwise-id \(application.entityID)" }
}
