import CNATS

/// A message that may go out: its subject stands for itself alone and cannot be mistaken for protocol.
struct OutgoingMessage: Sendable {
    /// A server ends connections over a longer line of the protocol (`max_control_line`, 4,096), which also has the inbox.
    static let subjectByteLimit = 1_024

    let subject: String
    let payload: [UInt8]
    let headers: MessageHeaders

    init(_ subject: String, _ payload: [UInt8], _ headers: MessageHeaders) throws(MessagingError) {
        guard !subject.isEmpty, subject.utf8.count <= Self.subjectByteLimit else {
            throw .invalidMessage("a subject has 1 to \(Self.subjectByteLimit) bytes")
        }
        var isTokenEmpty = true
        for byte in subject.utf8 {
            switch byte {
            case UInt8(ascii: "."):
                guard !isTokenEmpty else { throw .invalidMessage("a token of the subject is empty") }
                isTokenEmpty = true
            case UInt8(ascii: "*"), UInt8(ascii: ">"):
                throw .invalidMessage("nothing can be sent to a subject with wildcards")
            case 0...0x20, 0x7F: throw .invalidMessage("the subject has a space or a control character")
            default: isTokenEmpty = false
            }
        }
        guard !isTokenEmpty else { throw .invalidMessage("a token of the subject is empty") }
        self.subject = subject
        self.payload = payload
        self.headers = headers
    }

    /// What it takes in a buffer, near enough.
    var cost: Int {
        headers.fields.reduce(payload.count + subject.utf8.count + 128) {
            $0 + $1.name.utf8.count + $1.value.utf8.count
        }
    }

    /// Hands the message to the library, which copies it.
    func send(_ connection: OpaquePointer, reply: String?) -> natsStatus {
        var message: OpaquePointer?
        let made = payload.withUnsafeBytes { bytes in
            natsMsg_Create(
                &message, subject, reply, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
        }
        guard made == NATS_OK, let message else { return made }
        defer { natsMsg_Destroy(message) }
        for field in headers.fields {
            let status = natsMsgHeader_Add(message, field.name, field.value)
            guard status == NATS_OK else { return status }
        }
        return natsConnection_PublishMsg(connection, message)
    }
}
