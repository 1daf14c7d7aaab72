/// Why a message did not go, or no answer came.
///
/// Texts may go to an administrator; nothing in them is secret, and what a server wrote is shortened and without control
/// characters.
public enum MessagingError: Error, Sendable, Hashable {
    /// What is configured cannot work.
    case invalidConfiguration(String)
    /// The message cannot stand on the wire; it was not sent.
    case invalidMessage(String)
    /// The payload is longer than the server takes; it was not sent.
    case payloadTooLarge(bytes: Int, limit: Int)
    /// There is no connection now; it was not sent.
    case notConnected(ConnectionTrouble?)
    /// The connection ended before an answer came.
    case connectionLost
    /// No answer in time.
    case timedOut
    /// Nobody listens to the subject.
    case noResponders
    /// The server does not let us publish to the subject.
    case notPermitted(subject: String)
    /// Too much waits to be sent, or for answers; it was not sent.
    case busy
    /// The connection was closed by its owner.
    case closed
    /// The library failed otherwise.
    case library(String)
}

extension MessagingError: CustomStringConvertible {
    /// One sentence's worth for an administrator, without a full stop.
    public var description: String {
        switch self {
        case .invalidConfiguration(let what): "the configuration cannot work: \(what)"
        case .invalidMessage(let what): "the message cannot be sent: \(what)"
        case .payloadTooLarge(let bytes, let limit): "the payload has \(bytes) bytes of \(limit)"
        case .notConnected(let trouble): "not connected\(trouble.map { ": \($0)" } ?? "")"
        case .connectionLost: "the connection was lost before an answer came"
        case .timedOut: "no answer came in time"
        case .noResponders: "nobody listens to the subject"
        case .notPermitted(let subject): "the server does not permit publishing to \(subject)"
        case .busy: "too much waits to be sent"
        case .closed: "the connection was closed"
        case .library(let text): "the library failed: \(text)"
        }
    }
}
