import OAuth
import Testing

@Suite("The way through an authorization request") struct AuthorizationStepPathTests {
    /// What a server does with each step, and somebody who goes along with everything.
    private struct Walk {
        var situation: AuthorizationRequest.Situation
        let request: AuthorizationRequest
        let reachable: String
        private(set) var asked: [AuthorizationStep] = []

        init(_ request: AuthorizationRequest, _ situation: AuthorizationRequest.Situation, reachable: String) {
            self.request = request
            self.situation = situation
            self.reachable = reachable
        }

        /// Ends in `.issue` or `.refuse`; nil when it has not after ten steps.
        mutating func end() -> AuthorizationStep? {
            for _ in 0..<10 {
                let step = request.step(situation, rules: Stage.rules, now: Stage.now)
                switch step {
                case .issue, .refuse: return step
                case .authenticate(let demand): authenticate(demand)
                case .selectAccount: situation.progress.hasSelectedAccount = true
                case .consent(let all, let new):
                    situation.progress.hasConsented = true
                    situation.consent = situation.consent?.adding(new) ?? all
                }
                asked.append(step)
            }
            return nil
        }

        private mutating func authenticate(_ demand: AuthorizationStep.Demand) {
            situation.signedIn = SignedIn(
                subject: demand.subject ?? "ada", authentication: Authentication(time: Stage.now, acr: reachable))
            situation.progress.hasAuthenticated = true
        }
    }

    private static let prompts: [String?] = [
        nil, "none", "login", "consent", "select_account", "login consent", "login consent select_account",
    ]
    private static let demands: [[String: String?]] = [
        [:], ["max_age": "0"], ["max_age": "50"], ["acr_values": "mfa"], ["acr_values": "unheard-of"],
        ["claims": #"{"id_token":{"acr":{"essential":true,"value":"mfa"}}}"#],
        ["claims": #"{"id_token":{"sub":{"value":"eve"}}}"#],
    ]

    @Test("It always ends, asks nothing twice, asks nothing with prompt=none, and issues only what was proved")
    func everyCombination() throws {
        let ada = SignedIn(subject: "ada", authentication: Authentication(time: Stage.now - 100, acr: "password"))
        var ends = 0
        for prompt in Self.prompts {
            for demand in Self.demands {
                for signedIn in [nil, ada] {
                    for consent in [nil, Consent(), Consent(scope: ScopeSet("openid profile") ?? .empty)] {
                        for hint in [nil, "ada", "bob"] {
                            for reachable in ["password", "mfa"] {
                                var members = demand
                                members["prompt"] = .some(prompt)
                                let request = try Stage.request(members)
                                var walk = Walk(
                                    request, .init(signedIn: signedIn, consent: consent, hintedSubject: hint),
                                    reachable: reachable)
                                let last = walk.end()
                                let end = try #require(last, "\(members)")
                                try check(end, walk, request, hint)
                                ends += 1
                            }
                        }
                    }
                }
            }
        }
        #expect(ends == Self.prompts.count * Self.demands.count * 2 * 3 * 3 * 2)
    }

    private func check(
        _ end: AuthorizationStep, _ walk: Walk, _ request: AuthorizationRequest, _ hint: String?
    ) throws {
        #expect(walk.asked.count <= 3)
        if request.prompts == [.none] { #expect(walk.asked.isEmpty) }
        guard end == .issue else { return }
        let person = try #require(walk.situation.signedIn)
        if let hint { #expect(person.subject == hint) }
        if request.prompts.contains(.login) { #expect(walk.situation.progress.hasAuthenticated) }
        if request.prompts.contains(.consent) { #expect(walk.situation.progress.hasConsented) }
        if request.prompts.contains(.selectAccount) { #expect(walk.situation.progress.hasSelectedAccount) }
        if let maxAge = request.maxAge {
            #expect(walk.situation.progress.hasAuthenticated || Stage.now - person.authentication.time <= maxAge)
        }
        if !request.claims.essentialACRValues.isEmpty { #expect(person.authentication.acr == "mfa") }
        if let consent = walk.situation.consent { #expect(consent.missing(of: Consent(for: request)).isEmpty) }
    }
}
