import Foundation

/// A message as a stream keeps it.
public struct StoredMessage: Sendable, Hashable {
    public let sequence: UInt64
    public let subject: String
    public let headers: MessageHeaders
    public let payload: [UInt8]
    /// When the server took it, as RFC 3339 with nanoseconds.
    public let time: String

    /// The id that its publisher gave it.
    public var messageID: String? { headers["Nats-Msg-Id"] }

    struct Answer: Decodable {
        let message: Body?
        let error: Failure?

        struct Body: Decodable {
            let subject: String
            let seq: UInt64
            let hdrs: Data?
            let data: Data?
            let time: String
        }

        struct Failure: Decodable {
            let err_code: Int?
            let description: String?
        }
    }

    init(_ body: Answer.Body) {
        sequence = body.seq
        subject = body.subject
        headers = body.hdrs.map { MessageHeaders(stored: $0) } ?? []
        payload = body.data.map { Array($0) } ?? []
        time = body.time
    }
}
