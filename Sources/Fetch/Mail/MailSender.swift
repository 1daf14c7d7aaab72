import Foundation
import Synchronization
import Vocabulary

/// Hands messages to one mail server, one after the other over one connection. libcurl blocks, so it works on a thread
/// of its own, which lives as long as there is something to send.
public final class MailSender: Sendable {
    /// Messages of one call at most.
    public static let batchLimit = 64

    private let server: MailServer
    /// The host that answers, for people who look after it.
    public var host: String { server.host }

    /// What became of a message.
    public enum Outcome: Sendable {
        case taken
        /// The server will never take it: this recipient, or this message. Its answer's code.
        case refused(code: Int)
        /// It may be taken later.
        case failed(Fault)
    }

    /// - Throws: `mail.unavailable` when libcurl cannot start.
    public init(_ server: MailServer) throws {
        guard curlIsReady else { throw Fault("mail.unavailable", .ourselves, "libcurl cannot be initialized.") }
        self.server = server
    }

    /// Sends messages in order and answers what became of each; after the first that failed none is tried any more.
    /// Whatever is said of a failure names the server at most, never a recipient.
    public func send(_ messages: [MailMessage]) async -> [Outcome] {
        let batch = Array(messages.prefix(Self.batchLimit))
        return await onThread { [server] in
            let transfer = MailTransfer(server)
            var outcomes: [Outcome] = []
            for message in batch {
                let outcome = transfer.send(message)
                outcomes.append(outcome)
                if case .failed = outcome { break }
            }
            return outcomes
        }
    }

    /// Connects, protects the connection, signs in and leaves: whether the server is there, is trusted and knows us.
    ///
    /// - Throws: `mail.unreachable`, `mail.tls`, `mail.authentication`, `mail.timeout`, `mail.failed`.
    public func probe() async throws {
        if let fault = await onThread({ [server] in MailTransfer(server).probe() }) { throw fault }
    }

    private func onThread<Answer: Sendable>(_ work: @escaping @Sendable () -> Answer) async -> Answer {
        await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: work()) }
            thread.name = "mail"
            thread.start()
        }
    }
}
