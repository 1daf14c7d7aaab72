import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// What becomes of a client's request to sign somebody out.
public enum SignOutAnswer: Sendable {
    /// Nobody is sent anywhere, and nobody signed out.
    case refuse(OAuthError)
    /// Anybody can send somebody here, so they are asked first.
    case confirm(client: OAuthClient?, redirect: String?)
    /// The session of this browser ends; then it goes on to `redirect`, where there is one.
    case signOut(redirect: String?)
}

/// The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0).
public struct SignOutService: Sendable {
    let store: Store
    let tenants: TenantTable
    let clients: ClientTable
    let keys: TokenKeyService

    /// Says what a request may do. It ends nothing.
    public func judge(_ parameters: Parameters, from browser: AuthorizationBrowser) async throws -> SignOutAnswer {
        do {
            let request = try EndSessionRequest.read(parameters)
            let hint = try await hint(of: request, in: browser.tenant)
            let client = (hint?.clientID ?? request.clientID).flatMap { clients.client($0, in: browser.tenant) }
            let known = try await self.known(browser.session, at: client)
            let outcome = request.decide(
                hint: hint, client: client?.metadata, session: known.sid, subject: known.subject)
            return switch outcome {
            case .page(let error): .refuse(error)
            case .confirm(let redirect): .confirm(client: client, redirect: redirect)
            case .signOut(let redirect): .signOut(redirect: redirect)
            }
        } catch let error as OAuthError {
            return .refuse(error)
        }
    }

    private func hint(of request: EndSessionRequest, in tenant: TenantID) async throws -> IDTokenHint? {
        guard let token = request.idTokenHint else { return nil }
        return try IDTokenHint.read(
            token, issuer: tenants.publicURL(of: tenant), keys: try await keys.keys(of: tenant).published,
            clientID: nil)
    }

    /// What a client knows of the browser's session: nothing where nobody is signed in.
    private func known(
        _ session: Session?, at client: OAuthClient?
    ) async throws -> (sid: String?, subject: String?) {
        guard let session else { return (nil, nil) }
        // Somebody is signed in whom this client does not know: it has no say.
        guard let client else { return (nil, "") }
        return try await store.read { sql in
            (
                try sql.clientSession(of: session.id, at: client.id)?.sid,
                try SubjectNames.known(session.person, for: client, sql) ?? ""
            )
        }
    }
}
