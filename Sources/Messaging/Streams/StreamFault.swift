/// Why a stream could not be made, changed or read.
public enum StreamFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The definition means nothing.
    case invalid(String)
    /// No JetStream answers: it is not enabled on the server or for the account, is not ready yet, or we may not ask.
    case noJetStream
    /// The stream does not exist.
    case notFound
    /// The server does not let us ask this.
    case notPermitted(subject: String)
    /// There are fewer servers than replicas.
    case notEnoughReplicas
    /// Another stream keeps some of the subjects.
    case subjectsTaken
    /// A stream of this name exists and is another.
    case nameTaken
    /// No room left, by the server's limits or the account's.
    case noRoom(String)
    /// The server says this, with the code of JetStream.
    case refused(code: Int, String)
    /// No answer came.
    case unanswered(MessagingError)
    /// The answer could not be read.
    case misread

    public var description: String {
        switch self {
        case .invalid(let what): "the stream cannot be: \(what)"
        case .noJetStream: "no JetStream answers"
        case .notFound: "the stream does not exist"
        case .notPermitted(let subject): "the server does not permit \(subject)"
        case .notEnoughReplicas: "there are fewer servers than replicas"
        case .subjectsTaken: "another stream keeps some of the subjects"
        case .nameTaken: "another stream has the name"
        case .noRoom(let text): "there is no room: \(text)"
        case .refused(let code, let text): "refused with \(code): \(text)"
        case .unanswered(let error): "no answer: \(error)"
        case .misread: "the answer could not be read"
        }
    }

    /// The fault that an answer's error stands for (server/errors.json of nats-server).
    init(code: Int, _ text: String) {
        self =
            switch code {
            case 10_035, 10_039, 10_076, 10_008: .noJetStream
            case 10_059: .notFound
            case 10_074, 10_005: .notEnoughReplicas
            case 10_065: .subjectsTaken
            case 10_058: .nameTaken
            case 10_002, 10_023, 10_026, 10_027, 10_028, 10_047, 10_077: .noRoom(safe(text))
            default: .refused(code: code, safe(text))
            }
    }

    init(_ error: any Error) {
        switch error {
        case let fault as StreamFault: self = fault
        case MessagingError.noResponders: self = .noJetStream
        case MessagingError.notPermitted(let subject): self = .notPermitted(subject: subject)
        case let error as MessagingError: self = .unanswered(error)
        default: self = .unanswered(.closed)
        }
    }
}
