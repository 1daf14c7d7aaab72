import SAML
import Storage
import Vocabulary

/// A browser's way round everybody who has to hear of a sign-out and can be told by it alone. The sessions here ended before
/// it began: wherever it stops, nobody is signed in here any more.
struct LogoutJourney: Codable, Sendable {
    /// Who asked for the sign-out by SAML, and is answered at the end.
    struct Asker: Codable, Sendable {
        let peer: String
        let role: SAMLPeerRole
        let request: String
        let binding: Binding
        let relayState: String?
    }

    /// What became of telling somebody.
    struct Told: Codable, Sendable {
        let title: String
        let result: LogoutResult
    }

    /// Where the browser is.
    struct Hop: Codable, Sendable {
        let logout: [UInt8]
        let title: String
        /// The request whose answer is waited for.
        let request: String
    }

    var asker: Asker?
    /// Where the browser goes at the end, where nobody is answered.
    var then: String?
    var told: [Told] = []
    /// Whose turn is next, by the rows that wait.
    var waiting: [[UInt8]] = []
    var hop: Hop?

    /// From the first hop to the last answer.
    static let lifetime: Duration = .minutes(10)
    /// Nobody's browser is sent to more peers; the rest are told behind, or not.
    static let hopLimit = 30

    /// Who did not say that the session has ended.
    var untold: [String] { told.filter { $0.result != .ended }.map(\.title) }

    var status: Status { LogoutSettings.status(told.map(\.result), endedHere: true) }
}

/// Where a browser that signs out goes.
public enum LogoutStop: Sendable {
    /// To a peer that is told, or that is answered.
    case elsewhere(address: String, fields: [PostedField]?, name: String)
    /// Nowhere: this one has not answered.
    case waiting(name: String)
    /// Everybody was told but these; then to `redirect`, where there is one.
    case over(untold: [String], redirect: String?)
}

/// One turn of a browser that signs out.
public struct LogoutTurn: Sendable {
    public let stop: LogoutStop
    /// What its cookie holds from now on; nil where that stays as it is.
    public internal(set) var secret: SecretText?
    /// Nothing comes after.
    public let isOver: Bool
    /// The sessions that ended in this turn.
    public internal(set) var ended: Set<SessionID> = []

    /// Somebody did not say that the session has ended, and the person has to know.
    public var leavesSomebodyUntold: Bool {
        if case .over(let untold, _) = stop { !untold.isEmpty } else { false }
    }

    init(_ stop: LogoutStop, isOver: Bool) { (self.stop, self.isOver) = (stop, isOver) }

    static func over(_ journey: LogoutJourney) -> LogoutTurn {
        LogoutTurn(.over(untold: journey.untold, redirect: journey.then), isOver: true)
    }
}

extension LogoutStop {
    init(_ place: RedirectPlace, name: String) {
        switch place {
        case .address(let address): self = .elsewhere(address: address, fields: nil, name: name)
        case .form(let address, let fields): self = .elsewhere(address: address, fields: fields, name: name)
        }
    }
}
