import Logging
import SAML
import Storage
import Vocabulary

/// A message of SAML that came from outside and was not believed.
public struct RefusedMessage: Sendable {
    /// What it was taken for.
    public enum Kind: String, Sendable {
        case authnRequest = "authn_request"
        case logout
    }

    public let kind: Kind
    /// `saml.` and what was wrong, by a closed word.
    public let code: String
    /// The same for whoever administers.
    public let detail: String

    public init(_ kind: Kind, code: String, detail: String) {
        self.kind = kind
        self.code = code
        self.detail = detail
    }

    public init(_ kind: Kind, _ fault: MessageFault) {
        self.init(kind, code: "saml.\(fault.code.rawValue)", detail: fault.detail)
    }
}

extension Gateway {
    /// Tells whoever watches, and the journal: of one source the first in a minute by itself, and how many more there were.
    /// Anybody can send such messages, and nothing that they wrote is kept.
    public func note(_ message: RefusedMessage, from browser: LoginBrowser) async throws {
        logger.notice(
            "a SAML message was refused",
            metadata: [
                "tenant_id": "\(browser.tenant)", "message": .string(message.kind.rawValue),
                "reason": .string(message.code), "detail": .string(message.detail),
                "trace": "\(browser.trace ?? "")",
            ])
        let source = try login.sourceDigest(browser)
        let caller = Caller(
            tenant: browser.tenant, actor: .anonymous, command: CommandID.random(at: clock()), trace: browser.trace)
        let facts = [Fact("message", .word(message.kind.rawValue)), Fact("reason", .word(message.code))]
        guard let noted = login.journal.refusedMessage(facts, from: source, by: caller, at: clock()) else { return }
        try await store.write(.spool, noted)
    }
}
