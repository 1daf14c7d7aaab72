/// A value with something in it that must not reach a log, an error message or a debugger's summary: every description
/// of it says its type and nothing else.
public protocol Undescribed: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Undescribed {
    public var description: String { "‹\(Self.self)›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

// What clients send: secrets, assertions, codes, tokens, and what people typed.
extension Parameters: Undescribed {}
extension PresentedCredentials: Undescribed {}
extension TokenRequest: Undescribed {}
extension CodeRedemption: Undescribed {}
extension RefreshRequest: Undescribed {}
extension TokenExchangeRequest: Undescribed {}
extension AuthorizationHeader.Shown: Undescribed {}
extension AuthorizationRequest: Undescribed {}
extension EndSessionRequest: Undescribed {}
extension DPoPProof.Request: Undescribed {}

// What clients are sent.
extension AuthorizationResponse: Undescribed {}
extension TokenAnswer: Undescribed {}
extension DynamicRegistration.Credentials: Undescribed {}

// What passes between us and a provider.
extension UpstreamAttempt: Undescribed {}
extension UpstreamAttempt.Randomness: Undescribed {}
extension UpstreamTokenRequest: Undescribed {}
extension UpstreamTokenRequest.Proof: Undescribed {}
extension UpstreamTokens: Undescribed {}
extension ConfiguredProvider: Undescribed {}
