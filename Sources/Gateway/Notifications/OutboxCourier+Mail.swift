import Fetch
import Identity
import Logging
import Storage
import Vocabulary

extension OutboxCourier {
    /// Carries notices to people by mail. The address is the person's own at that moment.
    static func mail(
        _ settings: NotificationConfiguration.Mail, _ tenants: TenantTable, store: Store,
        clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws -> OutboxCourier {
        let sender = try MailSender(try settings.withCredentials())
        return OutboxCourier(Notifier.mail, host: sender.host, store: store, clock: clock, logger: logger) {
            letters, now in
            var outcomes: [Outcome] = []
            for letter in letters {
                do {
                    guard let recipient = try await recipient(of: letter, store) else {
                        // Gone, disabled or without an address by now: there is nobody to tell.
                        outcomes.append(.refused)
                        continue
                    }
                    let message = MailMessage(
                        from: settings.sender, to: recipient, subject: letter.content.subject,
                        text: text(of: letter, tenants), id: letter.row.id.description, date: now)
                    outcomes.append(Outcome(await sender.send([message]).first))
                } catch {
                    outcomes.append(.failed(error))
                }
                if case .failed? = outcomes.last { break }
            }
            return outcomes
        }
    }

    private static func recipient(of letter: Letter, _ store: Store) async throws -> MailAddress? {
        guard let person = letter.row.person else { return letter.content.address.flatMap { MailAddress($0) } }
        let known = try await store.read { try $0.person(person, in: letter.row.tenant) }
        guard let known, known.isReachable, let mail = known.mail else { return nil }
        return MailAddress(mail, name: known.displayName)
    }

    private static func text(of letter: Letter, _ tenants: TenantTable) -> String {
        var parts = letter.content.lines
        if let path = letter.content.path { parts.append(tenants.publicURL(of: letter.row.tenant) + path) }
        return parts.joined(separator: "\n\n")
    }
}

extension OutboxCourier.Outcome {
    fileprivate init(_ outcome: MailSender.Outcome?) {
        self =
            switch outcome {
            case .taken?: .taken
            case .refused?: .refused
            case .failed(let fault)?: .failed(fault)
            case nil: .failed(Fault("mail.failed", .ourselves, "Nothing was sent."))
            }
    }
}
