import Authorization
import Gateway
import HTTPTypes
import Hummingbird
import OAuth
import Vocabulary

/// A request that shows an access token to an application that takes them.
///
/// The token alone says who asks. A cookie beside it is not looked at, whatever it would open: browsers send cookies by
/// themselves, and a token only where a program meant it. For the same reason one that is no good is not made up for by a
/// cookie: whoever shows it would go on as somebody else than they believe.
struct TokenEntry: Sendable {
    let gateway: Gateway
    let application: ProtectedApplication
    let resource: ResourceConfiguration
    let held: ForwardedRequest
    let authorization: [String]
    let proofs: [String]

    /// Nil where the request shows no token, or where none is taken.
    init?(
        _ gateway: Gateway, _ application: ProtectedApplication, _ held: ForwardedRequest, _ request: Request
    ) {
        guard let resource = application.resource(at: held.uri.path) else { return nil }
        authorization = request.headers[values: .authorization]
        guard !authorization.isEmpty else { return nil }
        proofs = request.proofs
        (self.gateway, self.application, self.resource, self.held) = (gateway, application, resource, held)
    }

    /// What a token came to before any policy was asked.
    enum Outcome: Sendable {
        case shown(TokenAccess)
        case challenged(Challenge)
    }

    /// Reads the token and holds it to what the application asks of every request.
    ///
    /// - Parameter spends: whether a proof of possession is used up: once, where the request is judged.
    func read(spends: Bool, trace: String?) async throws -> Outcome {
        do {
            let call = ResourceCall(
                tenant: application.tenant, authorization: authorization, hasQueryToken: hasQueryToken, proofs: proofs,
                method: held.method, address: address)
            guard
                let access = try await gateway.tokens.access(
                    call, to: resource, of: application.id, spends: spends)
            else { return .challenged(Challenge()) }
            if let lack = resource.missing(for: action, holding: access.scope) {
                let error = OAuthError(.insufficientScope, "the token is not for this action")
                return .challenged(Challenge(error, scope: lack.scope))
            }
            if let demand = try await demand(access, trace) { return .challenged(Challenge(demand)) }
            return .shown(access)
        } catch let error as OAuthError {
            return .challenged(Challenge(error, scope: leastScope))
        }
    }

    /// What has to be proven first, by the rules about the session that the token hangs on, or by the application.
    private func demand(_ access: TokenAccess, _ trace: String?) async throws -> AuthenticationRequirement? {
        if let session = access.session {
            switch try await gateway.verdict(on: session, trace: trace) {
            case .kept: break
            case .over: throw OAuthError(.invalidToken, "the session that the token came of has ended")
            case .stepUp(let demand): return demand
            }
        }
        let proven = RequestAuthentication(of: access.principal)
        return application.requirement.isMet(by: proven, now: gateway.clock()) ? nil : application.requirement
    }

    /// What the policy is asked: what it is asked of a session, and through which client with which scopes.
    func question(_ access: TokenAccess) -> DecisionQuestion {
        var question = application.question(access.principal, held.method, held.uri.path, from: held.client)
        question.context["oauth_client"] = .string(access.client)
        question.context["scopes"] = .list(access.scope.names.sorted().map(AttributeValue.string))
        return question
    }

    /// What the application is told.
    func headers(_ person: SubjectDescription, _ access: TokenAccess) -> HTTPFields {
        var fields = IdentityHeaders(person, names: application.settings.headers, access: access).fields
        if resource.passesToken, let name = HTTPField.Name(ApplicationConfiguration.Headers.authorization) {
            fields[name] = access.authorization.reveal()
        }
        return fields
    }

    // MARK: The request

    private var action: String { application.action(of: held.method) }

    /// What a client that has nothing yet should ask for.
    private var leastScope: ScopeSet? { resource.missing(for: action, holding: .empty)?.scope }

    /// `htu` of a proof (RFC 9449 §4.2): where the browser or program sent its request, by the application's own address
    /// and the path as the trusted proxy received it.
    private var address: String { (application.publicURL?.origin ?? "") + held.uri.writtenPath }

    /// RFC 6750 §2: a token in one way only.
    private var hasQueryToken: Bool {
        (held.uri.query ?? "").split(separator: "&").contains { $0 == "access_token" || $0.hasPrefix("access_token=") }
    }
}

extension ProtectedApplication {
    /// What a program that brought nothing is told: where to learn how tokens are got, and what to ask for.
    func challenge(_ held: ForwardedRequest, stepUp: AuthenticationRequirement?) -> Challenge? {
        guard let resource = resource(at: held.uri.path) else { return nil }
        if let stepUp { return Challenge(stepUp) }
        return Challenge(scope: resource.missing(for: action(of: held.method), holding: .empty)?.scope)
    }
}

extension Challenge {
    /// RFC 9470 §3.
    init(_ demand: AuthenticationRequirement) {
        self.init(
            OAuthError(
                .insufficientUserAuthentication, "a stronger or more recent authentication is needed"),
            acrValues: demand.strength.map { [$0.acr] } ?? [], maxAge: demand.maxAgeSeconds)
    }

    /// The header's value, with the resource's own address for learning more (RFC 9728 §5.1). Both schemes stand in one
    /// line: proxies pass on the first line of several.
    func header(of resource: ResourceConfiguration) -> String {
        var told = self
        told.resourceMetadata = ResourceMetadata.wellKnownAddress(of: resource.identifier)
        return resource.requiresDPoP ? told.dpop : told.bearer + ", " + told.dpop
    }

    /// 401 or 403: a proxy that asks makes an error of ours of everything else (RFC 6750 §3.1 has 400 for a malformed
    /// request).
    var proxiedStatus: HTTPResponse.Status { status == 403 ? .forbidden : .unauthorized }
}
