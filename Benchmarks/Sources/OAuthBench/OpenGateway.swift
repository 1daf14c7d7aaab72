import BenchTable
import Foundation
import Gateway
import Identity
import JOSE
import OAuth
import Vocabulary

/// A gateway in this process, and what browsers and clients do there.
struct OpenGateway: Sendable {
    static let callback = "https://app.example.org/callback"
    // RFC 7636 appendix B.
    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    let gateway: Gateway
    let tenant: TenantID

    static func login(_ number: Int) -> String { "person\(number)" }

    /// Everybody who signs in.
    func addPeople() async throws {
        for number in 0..<OAuthStage.peopleCount {
            let caller = Caller(
                tenant: tenant, actor: .operatingSystemUser(getuid()), command: .random(at: gateway.clock()))
            var edit = PersonEdit()
            edit.login = Self.login(number)
            let person = try await gateway.people.create(edit, by: caller)
            _ = try await gateway.credentials.setPassword(
                OAuthStage.password, of: person.id, mustChange: false, by: caller)
        }
    }

    // MARK: Browsers

    /// A whole sign-in to an application: its request, the login's pages, back to the request, and the code for tokens.
    func signIn(_ login: String, to client: String) async throws -> JSONObject {
        let secret = try gateway.makePreSession()
        let stranger = AuthorizationBrowser(tenant: tenant, preSession: secret, session: nil)
        guard case .authenticate(let demand) = try await begin(client, from: stranger) else {
            throw BenchFailure("Nobody was asked to sign in.")
        }
        var beginning = LoginBeginning(returnTarget: "/oauth2/continue?request=" + demand.handle.reveal())
        beginning.client = demand.client.id
        let session = try await session(of: login, beginning, secret)
        let known = AuthorizationBrowser(tenant: tenant, preSession: secret, session: session)
        let answer = try await gateway.authorizations.resume(demand.handle.reveal(), from: known)
        return try await redeem(answer, client)
    }

    /// Who signs in with a password, from the first page to the session.
    func session(
        of login: String, _ beginning: LoginBeginning = LoginBeginning(), _ secret: SecretText? = nil
    ) async throws -> Session {
        let stranger = LoginBrowser(tenant: tenant, preSession: secret)
        guard case .begun(let secret, .show(let page)) = try await gateway.login.begin(beginning, from: stranger),
            let provider = gateway.providers.all(in: tenant).first?.id
        else { throw BenchFailure("No login was begun.") }
        let browser = LoginBrowser(tenant: tenant, preSession: secret)
        _ = try await gateway.login.submit(.identifier(login, provider: provider), to: page.flow, from: browser)
        let result = try await gateway.login.submit(
            .password(login: login, OAuthStage.password), to: page.flow, from: browser)
        guard case .completed(let done) = result else { throw BenchFailure("\(login) was refused: \(result)") }
        return done.started.session
    }

    /// What somebody who is signed in gets an application: nobody is asked anything.
    func tokens(of session: Session, for client: String) async throws -> JSONObject {
        let browser = AuthorizationBrowser(tenant: tenant, preSession: try gateway.makePreSession(), session: session)
        return try await redeem(try await begin(client, from: browser), client)
    }

    private func begin(_ client: String, from browser: AuthorizationBrowser) async throws -> AuthorizationAnswer {
        let parameters = Parameters([
            ("response_type", "code"), ("client_id", client), ("redirect_uri", Self.callback),
            ("scope", "openid offline_access"), ("state", "a-state"), ("nonce", "a-nonce"),
            ("code_challenge", Self.challenge), ("code_challenge_method", "S256"),
        ])
        return try await gateway.authorizations.begin(parameters, isPosted: false, from: browser)
    }

    // MARK: Clients

    private func redeem(_ answer: AuthorizationAnswer, _ client: String) async throws -> JSONObject {
        guard case .respond(let response) = answer,
            let code = response.fields.first(where: { $0.name == "code" })?.value
        else { throw BenchFailure("There was no code: \(answer)") }
        return try await token(
            client,
            [
                ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Self.callback),
                ("code_verifier", Self.verifier),
            ])
    }

    /// What the token endpoint answers a client.
    func token(_ client: String, _ pairs: [(String, String)]) async throws -> JSONObject {
        let credentials = Data("\(client):\(OAuthStage.secret)".utf8).base64EncodedString()
        return try await gateway.tokens.token(
            OAuthCall(
                tenant: tenant, parameters: Parameters(pairs), authorization: ["Basic " + credentials],
                address: gateway.tokens.issuer(of: tenant) + "/oauth2/token"))
    }

    /// A member of an answer that has to be there.
    static func text(_ name: String, of answer: JSONObject) throws -> String {
        guard let text = answer[name]?.text else { throw BenchFailure("There is no \(name).") }
        return text
    }
}
