import Identity
import Vocabulary

/// Makes distinct ids for tests.
func id<Kind>(_ number: UInt64) -> Identifier<Kind> { Identifier(high: 0x7000, low: 0x8000_0000_0000_0000 | number) }

let start = Timestamp(seconds: 1_800_000_000)

func hash(_ byte: UInt8, _ kind: TokenKind = .preSession) -> TokenHash {
    TokenHash(of: [UInt8](repeating: byte, count: 32), kind: kind)
}

/// A flow at a table of two providers, with ways to walk it.
struct LoginFixture {
    let tenant: TenantID = id(1)
    let ada: PersonID = id(10)
    let eve: PersonID = id(11)
    let directory: ProviderID = id(20)
    let local: ProviderID = id(21)
    let elsewhere: ProviderID = id(22)
    /// Whether there is a provider that people are sent to.
    var sendsElsewhere = false
    /// Whether that provider proves several factors where it is asked to.
    var provesFactors = false
    let browser = hash(1)
    var enrolled: Set<AuthenticationMethod> = []
    var rolesRequireMFA = false
    var mayBeAskedForMFA = false
    var requestRequiresMFA = false
    var isActive = true
    var mayHaveLocalPassword = true
    var session: Session?

    var realms: HomeRealms {
        HomeRealms(
            providers: [LoginProvider(id: directory, domains: ["corp.example"]), LoginProvider(id: local)]
                + (sendsElsewhere
                    ? [
                        LoginProvider(
                            id: elsewhere, domains: ["else.example"], isRedirect: true, asksForFactors: provesFactors)
                    ] : []),
            fallback: local)
    }

    func context(_ person: PersonID? = nil, browser: TokenHash? = hash(1)) -> LoginContext {
        LoginContext(
            browser: browser, realms: realms,
            subject: person.map {
                LoginSubjectFacts(
                    person: $0, tenant: tenant, isActive: isActive, enrolledFactors: enrolled,
                    rolesRequireMFA: rolesRequireMFA, mayBeAskedForMFA: mayBeAskedForMFA,
                    mayHaveLocalPassword: mayHaveLocalPassword)
            }, requestRequiresMFA: requestRequiresMFA, stepUpSession: session)
    }

    func begin(_ request: LoginRequest = LoginRequest(), number: UInt64 = 30) -> LoginFlow {
        LoginFlow.begin(
            id: id(number), tenant: tenant, browser: browser, request: request, session: session, now: start)!
    }

    /// A flow whose password has been sent to the provider of the login.
    func awaiting(_ login: String = "ada", _ request: LoginRequest = LoginRequest()) -> LoginFlow {
        begin(request).decide(.passwordSubmitted(login: login), context: context(), now: start).flow
    }

    func proof(
        _ flow: LoginFlow, _ method: AuthenticationMethod = .password, of person: PersonID? = nil,
        at now: Timestamp = start
    ) -> LoginProof { flow.stamp.proof(of: person ?? ada, by: method, at: now) }

    func decide(_ flow: LoginFlow, _ input: LoginInput, at now: Timestamp = start) -> LoginTransition {
        flow.decide(input, context: context(ada), now: now)
    }

    func signedIn(_ request: LoginRequest = LoginRequest()) -> LoginTransition {
        let flow = awaiting("ada", request)
        return decide(flow, .primaryVerified(proof(flow)))
    }

    func liveSession(_ events: [AuthenticationEvent]? = nil, person: PersonID? = nil) -> Session {
        Session(
            id: id(40), tenant: tenant, person: person ?? ada,
            events: events ?? [AuthenticationEvent(method: .password, provider: local, at: start - .minutes(5))],
            provider: local, createdAt: start - .minutes(5), lifetime: .standard, secretHash: hash(9, .session))
    }
}

extension LoginOutcome {
    var grant: SessionGrant? { if case .completed(let grant) = self { grant } else { nil } }
}
