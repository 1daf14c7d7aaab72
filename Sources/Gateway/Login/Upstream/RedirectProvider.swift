import Identity
import JOSE
import OAuth
import Providers
import SAML
import Vocabulary

/// A provider that people are sent to, and what a sign-in there may bring about: the one place that knows which protocol it
/// speaks.
public struct RedirectProvider: Sendable {
    enum Kind: Sendable {
        case openID(OpenIDProvider)
        case saml(SAMLProvider)
    }

    let kind: Kind
    /// Makes the person at a first sign-in.
    let createsPeople: Bool

    /// The configuration's name.
    var key: String {
        switch kind {
        case .openID(let provider): provider.settings.key
        case .saml(let provider): provider.settings.key
        }
    }

    /// Domains of mail addresses that are the provider's to give.
    var ownedDomains: Set<String> {
        switch kind {
        case .openID(let provider): provider.settings.ownedDomains
        case .saml(let provider): provider.settings.ownedDomains
        }
    }

    /// Nil for one that speaks SAML.
    var openID: OpenIDProvider? { if case .openID(let provider) = kind { provider } else { nil } }

    /// Whether it is asked for several factors where one is not enough.
    var asksForFactors: Bool {
        switch kind {
        case .openID(let provider): !provider.settings.multiFactor.asked.isEmpty
        case .saml(let provider): !provider.settings.askedFactorContexts.isEmpty
        }
    }

    /// Whether it is asked for people who may not be asked anything.
    var isAskedPassively: Bool {
        if case .saml(let provider) = kind { provider.settings.isAskedPassively } else { false }
    }

    /// Those of the classes that an application asks for which are passed on to it.
    func passed(_ asked: RequestedAuthnContext) -> [String] {
        if case .saml(let provider) = kind { provider.settings.passed(asked) } else { [] }
    }

    /// What somebody would be known by, where an answer that is believed says nothing of it; nil for any other reason that
    /// an answer is refused for.
    func missing(in answer: String) -> (wanted: [String], requester: String)? {
        guard case .saml(let provider) = kind, answer == SAMLProvider.tooLittleTold else { return nil }
        let service = provider.settings.service
        return (
            service.subjectRules.map(\.wanted).reduce(into: []) { if !$0.contains($1) { $0.append($1) } },
            service.entityID
        )
    }

    /// What it calls itself: its entity id, or its issuer. Nil where that cannot be found out now.
    func entityID() async -> String? {
        switch kind {
        case .openID(let provider): await provider.issuer()
        case .saml(let provider): await provider.entityID()
        }
    }

    /// Begins a sign-in, and says where to send the browser.
    ///
    /// - Throws: what the provider's protocol and fetching throw.
    func begin(_ wish: UpstreamWish) async throws -> (RedirectAttempt, RedirectPlace) {
        switch kind {
        case .openID(let provider):
            let begun = try await provider.begin(wish, random: .fresh)
            return (.openID(begun.attempt), .address(begun.address))
        case .saml(let provider):
            let handle = Base64URL.encode(Randomness.bytes(32))
            // An xs:ID begins with no digit (XML Schema Part 2 §3.3.8).
            let id = "_" + Base64URL.encode(Randomness.bytes(20))
            let begun = try await provider.begin(wish, id: id, handle: handle)
            let place: RedirectPlace =
                switch begun.departure {
                case .address(let address): .address(address)
                case .form(let form):
                    .form(address: form.address, fields: form.fields.map { PostedField($0.name, $0.value) })
                }
            return (.saml(SAMLAttempt(handle: handle, request: begun.request)), place)
        }
    }

    /// Holds the provider's answer to the attempt it is of.
    func signIn(_ answer: Parameters, of attempt: RedirectAttempt) async -> RedirectOutcome {
        switch (kind, attempt) {
        case (.openID(let provider), .openID(let attempt)):
            switch await provider.signIn(answer, of: attempt, assertionID: Randomness.text) {
            case .verified(let signIn): return .verified(signIn, once: nil)
            case .refused(let reason): return .refused(reason.rawValue)
            case .denied: return .denied
            case .unavailable(let word): return .unavailable(word)
            }
        case (.saml(let provider), .saml(let attempt)):
            return await signIn(answer, at: provider, of: attempt.request)
        case (.saml(let provider), .unsolicited): return await signIn(answer, at: provider, of: nil)
        // The provider's type was changed meanwhile.
        default: return .refused("upstream.other_protocol")
        }
    }
}

extension RedirectProvider {
    private func signIn(
        _ answer: Parameters, at provider: SAMLProvider, of request: OutstandingRequest?
    ) async -> RedirectOutcome {
        let brought: SAMLProvider.Answer
        if let response = answer["SAMLResponse"] {
            brought = .posted(response)
        } else if let artifact = answer[ArtifactBinding.parameter] {
            brought = .artifact(artifact, questionID: MessageHeader.id(random: Randomness.bytes(20)))
        } else {
            return .refused("saml.no_response")
        }
        switch await provider.signIn(brought, of: request) {
        case .verified(let signIn, let once): return .verified(signIn, once: once)
        case .refused(let word): return .refused(word)
        case .unavailable(let word): return .unavailable(word)
        }
    }
}

/// What an attempt is held to when its answer comes, whatever is spoken.
enum RedirectAttempt: Codable, Sendable {
    case openID(UpstreamAttempt)
    case saml(SAMLAttempt)
    /// An answer in SAML that nobody asked for, by a handle of its own.
    case unsolicited(handle: String)

    /// What the answer is known by: `state`, or `RelayState`.
    var state: String {
        switch self {
        case .openID(let attempt): attempt.state
        case .saml(let attempt): attempt.handle
        case .unsolicited(let handle): handle
        }
    }
}

/// A request of SAML that waits for its answer.
struct SAMLAttempt: Codable, Sendable {
    let handle: String
    let request: OutstandingRequest
}

/// Where a browser is sent, and how.
enum RedirectPlace: Sendable {
    case address(String)
    case form(address: String, fields: [PostedField])
}

/// A field of a form that a browser posts elsewhere.
public struct PostedField: Sendable, Hashable {
    public let name: String
    public let value: String

    init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
}

/// What came of a provider's answer, whatever was spoken.
enum RedirectOutcome: Sendable {
    /// `once` is what must never be shown again, to be spent where the person is signed in.
    case verified(UpstreamSignIn, once: ReplayKey?)
    /// Not believed; the reason is a closed word for the journal.
    case refused(String)
    /// The person, or the provider's policy, said no.
    case denied
    /// It could not be asked; the word says why.
    case unavailable(String)
}
