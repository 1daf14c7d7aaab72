import Identity
import Providers
import SAML
import Storage
import Vocabulary

/// How somebody at a browser signed in, as it is told to applications: with us, or at somebody behind us, for whom we then
/// vouch (SAML Core §3.4.1.5).
struct SignInOrigins: Sendable {
    let store: Store
    let redirects: RedirectTable
    let providers: ProviderTable

    /// What a session proves.
    struct Origin: Sendable {
        let authn: ProvenAuthn
        /// Somebody behind us said so, and lets their word be passed on so often; nil for any.
        let proxyCount: Int?
        var isForeign: Bool { !authn.authorities.isEmpty }

        /// Whether this one, by entity id or issuer, is who saw the person.
        func isOf(_ entityID: String) -> Bool { authn.authorities.first.map { $0 == entityID } ?? false }
    }

    /// What was proven in a session, in the classes of SAML: by its name behind us where that is what is wanted.
    func origin(of session: Session, wanted: RequestedAuthnContext?) async throws -> Origin {
        let instant = (session.authenticatedAt ?? session.createdAt).seconds
        let noted = try await store.read { try $0.upstreamVouching(of: session.id) }
        let vouching = try noted?.vouching.map { try JSONColumn.decode(Vouching.self, $0) }
        let passed = noted.flatMap { redirects.provider($0.provider) }.flatMap { provider in
            wanted.map { provider.passed($0) }
        }
        let asked = vouching?.contextClass.flatMap { said in passed?.first { $0.utf8.elementsEqual(said.utf8) } }
        return Origin(
            authn: ProvenAuthn(
                contextClass: asked ?? Self.contextClass(of: session, vouching), instant: instant,
                authorities: vouching?.authorities ?? []), proxyCount: vouching?.proxyCount)
    }

    /// Several factors are several factors wherever they were proven. One that somebody else saw is what they call it, but
    /// for a name of several factors that the configuration does not believe.
    private static func contextClass(of session: Session, _ vouching: Vouching?) -> String {
        if session.strength >= .aal2 { return AuthnContextClass.multiFactor }
        if session.events.contains(where: { $0.method == .password }) {
            return AuthnContextClass.passwordProtectedTransport
        }
        let said = vouching?.contextClass ?? AuthnContextClass.unspecified
        let strong = RequestedAuthnContext([AuthnContextClass.multiFactor], comparison: .minimum)
        return AuthnContextOrder.usual.satisfies(said, strong) ? AuthnContextClass.unspecified : said
    }

    /// The configuration's name of the first provider that is believed to know one of the classes that are asked for; nil
    /// where there is none.
    func knower(of wanted: RequestedAuthnContext?, in tenant: TenantID) -> String? {
        guard let wanted else { return nil }
        return providers.enabled(in: tenant).lazy.compactMap { redirects.provider($0.id) }.first {
            !$0.passed(wanted).isEmpty
        }?.key
    }

    /// The configuration's name of the provider that is asked where nobody may be asked anything; nil where none is.
    func passive(in tenant: TenantID) -> String? {
        providers.enabled(in: tenant).lazy.compactMap { redirects.provider($0.id) }.first(where: \.isAskedPassively)?
            .key
    }

    /// Whether people can prove to us alone who they are.
    func signsInHere(_ tenant: TenantID) -> Bool { providers.enabled(in: tenant).contains { !$0.isRedirect } }

    /// The providers that an application may have us ask, by entity id or issuer, with the configuration's name. One whose
    /// metadata cannot be had is passed over.
    func behind(_ tenant: TenantID) async -> [(entityID: String, key: String)] {
        var found: [(entityID: String, key: String)] = []
        for configured in providers.enabled(in: tenant) {
            guard let provider = redirects.provider(configured.id), let entityID = await provider.entityID() else {
                continue
            }
            found.append((entityID, provider.key))
        }
        return found
    }
}
