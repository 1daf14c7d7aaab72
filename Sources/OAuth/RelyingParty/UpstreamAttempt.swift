/// A login that was begun at a provider: kept at the server, bound to the browser by a cookie of the caller's, and used
/// up by the first answer that bears its state.
public struct UpstreamAttempt: Sendable, Hashable, Codable {
    /// How long an answer may take, in seconds.
    public static let lifetime: Int64 = 600
    /// How many random bytes each of state, nonce and verifier are made of.
    public static let randomByteCount = 32

    public let provider: String
    public let state: String
    /// Nil for plain OAuth 2.
    public let nonce: String?
    public let verifier: String
    public let redirectURI: String
    public let maxAge: Int64?
    public let acrValues: [String]
    /// Seconds since 1970.
    public let startedAt: Int64

    /// What a login asks for beside the client's settings.
    public struct Wishes: Sendable, Hashable {
        public var loginHint: String?
        /// `login`, `select_account`, `consent`.
        public var prompt: String?
        public var maxAge: Int64?
        /// One of these has to be reached.
        public var acrValues: [String]
        public var resources: [String]
        public var uiLocales: String?

        public init(
            loginHint: String? = nil, prompt: String? = nil, maxAge: Int64? = nil, acrValues: [String] = [],
            resources: [String] = [], uiLocales: String? = nil
        ) {
            self.loginHint = loginHint
            self.prompt = prompt
            self.maxAge = maxAge
            self.acrValues = acrValues
            self.resources = resources
            self.uiLocales = uiLocales
        }
    }

    /// Random bytes that the caller drew, `randomByteCount` of each.
    public struct Randomness: Sendable {
        public var state: [UInt8]
        public var nonce: [UInt8]
        public var verifier: [UInt8]

        public init(state: [UInt8], nonce: [UInt8], verifier: [UInt8]) {
            self.state = state
            self.nonce = nonce
            self.verifier = verifier
        }
    }

    /// Begins a login, and says where to send the browser.
    ///
    /// PKCE goes with every request, whether the provider asks for it or not: one that does not know it ignores it.
    ///
    /// - Throws: `cryptography_failed`.
    public static func start(
        _ client: UpstreamClient, wishes: Wishes = .init(), random: Randomness, now: Int64
    ) throws(UpstreamFault) -> (attempt: UpstreamAttempt, address: String) {
        let attempt = UpstreamAttempt(client, wishes, random, now)
        guard let challenge = ProofKey.challenge(of: attempt.verifier) else { throw UpstreamFault(.cryptographyFailed) }
        var parameters = Parameters(client.parameters.map { ($0.key, $0.value) })
        parameters.set("response_type", "code")
        parameters.set("client_id", client.clientID)
        parameters.set("redirect_uri", client.redirectURI)
        parameters.set("scope", client.scope.isEmpty ? nil : client.scope.description)
        parameters.set("state", attempt.state)
        parameters.set("nonce", attempt.nonce)
        parameters.set("code_challenge", challenge)
        parameters.set("code_challenge_method", "S256")
        parameters.set("response_mode", client.responseMode?.rawValue)
        parameters.set(wishes)
        return (attempt, joined(client.endpoints.authorization, parameters))
    }

    private init(_ client: UpstreamClient, _ wishes: Wishes, _ random: Randomness, _ now: Int64) {
        provider = client.provider
        state = ProofKey.verifier(random: random.state)
        nonce = client.issuer == nil ? nil : ProofKey.verifier(random: random.nonce)
        verifier = ProofKey.verifier(random: random.verifier)
        redirectURI = client.redirectURI
        maxAge = wishes.maxAge
        acrValues = wishes.acrValues
        startedAt = now
    }

    /// An endpoint may have a query of its own (RFC 6749 §3.1), which stays.
    static func joined(_ endpoint: String, _ parameters: Parameters) -> String {
        let mark = endpoint.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        return endpoint + mark + parameters.encoded
    }
}

extension Parameters {
    fileprivate mutating func set(_ wishes: UpstreamAttempt.Wishes) {
        set("login_hint", wishes.loginHint)
        if let prompt = wishes.prompt { set("prompt", prompt) }
        if let maxAge = wishes.maxAge { set("max_age", String(maxAge)) }
        if !wishes.acrValues.isEmpty { set("acr_values", wishes.acrValues.joined(separator: " ")) }
        set("ui_locales", wishes.uiLocales)
        for resource in wishes.resources { add("resource", resource) }
    }
}
