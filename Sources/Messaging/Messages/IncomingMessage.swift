import CNATS
import Glibc

/// A message as it came.
public struct IncomingMessage: Sendable {
    public let subject: String
    /// Where an answer goes; nil when nobody waits for one.
    public let replySubject: String?
    public let payload: [UInt8]
    public let headers: MessageHeaders

    /// Copies what the library holds. The message stays its caller's.
    ///
    /// - Parameter payloadLimit: a longer payload is left out, for it is going to be refused.
    init(_ message: OpaquePointer, payloadLimit: Int = .max) {
        subject = natsMsg_GetSubject(message).map { String(cString: $0) } ?? ""
        replySubject = natsMsg_GetReply(message).map { String(cString: $0) }
        let count = Int(natsMsg_GetDataLength(message))
        if count > 0, count <= payloadLimit, let data = natsMsg_GetData(message) {
            payload = data.withMemoryRebound(to: UInt8.self, capacity: count) {
                Array(UnsafeBufferPointer(start: $0, count: count))
            }
        } else {
            payload = []
        }
        headers = Self.headers(of: message)
    }

    /// A message with a payload alone.
    init(payload: [UInt8]) {
        (subject, replySubject, headers) = ("", nil, MessageHeaders())
        self.payload = payload
    }

    private static func headers(of message: OpaquePointer) -> MessageHeaders {
        var names: UnsafeMutablePointer<UnsafePointer<CChar>?>?
        var count: Int32 = 0
        guard natsMsgHeader_Keys(message, &names, &count) == NATS_OK, let names else { return MessageHeaders() }
        defer { free(names) }
        var fields: [MessageHeaders.Field] = []
        for index in 0..<Int(count) where index < MessageHeaders.fieldLimit {
            guard let name = names[index] else { continue }
            var value: UnsafePointer<CChar>?
            guard natsMsgHeader_Get(message, name, &value) == NATS_OK, let value else { continue }
            fields.append(MessageHeaders.Field(name: String(cString: name), value: String(cString: value)))
        }
        return MessageHeaders(received: fields)
    }
}
