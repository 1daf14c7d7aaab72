import Identity
import OAuth
import Vocabulary

/// A browser that is on its way to another provider.
public struct UpstreamDeparture: Sendable {
    public let flow: FlowID
    /// The provider's own page, with what this login is known by; or where `fields` are posted.
    public let address: String
    /// What the browser posts there; nil where it goes by the address alone.
    public let fields: [PostedField]?
    /// What the provider is called.
    public let provider: String

    init(flow: FlowID, _ place: RedirectPlace, provider: String) {
        (self.flow, self.provider) = (flow, provider)
        switch place {
        case .address(let address): (self.address, fields) = (address, nil)
        case .form(let address, let fields): (self.address, self.fields) = (address, fields)
        }
    }
}

/// What came of the answer that a browser brought from another provider.
public enum UpstreamArrival: Sendable {
    case login(LoginResult)
    /// An account there was linked to the person who is signed in, or why it was not.
    case link(AccountLinkOutcome)
}

/// How linking an account ended.
public enum AccountLinkOutcome: String, Sendable, Hashable, CaseIterable {
    case linked
    /// It was linked to the same person before.
    case alreadyLinked = "already_linked"
    /// It is somebody else's here.
    case linkedElsewhere = "linked_elsewhere"
    /// The session that asked for it is over, or another one.
    case sessionOver = "session_over"
    /// The person said no at the provider.
    case denied
    case refused
    case unavailable
}

/// What is kept, sealed, of an attempt until its answer comes.
struct KeptAttempt: Codable, Sendable {
    let attempt: RedirectAttempt
    /// Where the flow stood; nil for the linking of an account.
    let stamp: ProofStamp?
    /// The secret of the known-device cookie, which is Strict: no browser sends it along when it comes back from another
    /// site.
    let device: String?
}
