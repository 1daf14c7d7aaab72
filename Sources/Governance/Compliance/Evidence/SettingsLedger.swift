import Vocabulary

/// The settings in force, as the gateway states them in the journal when they change: the fold of `configuration.`.
struct SettingsLedger: Sendable {
    private var newest: EvidenceEvent?
    private var changes = NewestPositions()

    mutating func take(_ event: EvidenceEvent) {
        guard event.type == "configuration.applied" else { return }
        newest = event
        changes.add(event.position)
    }

    func number(_ name: String) -> Int64? { newest?.integer(name) }

    /// A draft that rests on the newest statement; nil numbers in it mean that it says nothing of this.
    private func draft(_ asked: EvidenceRequirement, _ names: [String]) -> EvidenceDraft {
        var draft = EvidenceDraft(asked)
        for name in names { if let value = number(name) { draft.count(name, value) } }
        if let newest { draft.rest(on: newest.position) }
        return draft
    }

    private static let unknown = "The settings in force are not recorded."

    func configuration(_ asked: EvidenceRequirement) -> Evidence {
        var draft = EvidenceDraft(asked)
        draft.count("changes", changes.count)
        for position in changes.sorted { draft.rest(on: position) }
        guard changes.count > 0 else { return draft.absent("No configuration is recorded.") }
        return draft.met(
            "\(changes.count.of("configuration is", "configurations are")) recorded by digest, each at the start it"
                + " took effect.")
    }

    func passwords(_ asked: EvidenceRequirement) -> Evidence {
        let draft = draft(
            asked, ["password_minimum", "password_minimum_with_mfa", "password_history", "password_block_list"])
        guard let alone = number("password_minimum"), let beside = number("password_minimum_with_mfa") else {
            return draft.absent(Self.unknown)
        }
        let least = min(alone, beside)
        return least >= asked[.count]
            ? draft.met("A password has at least \(alone) characters, \(beside) beside a second factor.")
            : draft.unmet("A password may have \(least) characters; \(asked[.count]) are asked for.")
    }

    func composition(_ asked: EvidenceRequirement) -> Evidence {
        let draft = draft(asked, ["password_letters", "password_digits"])
        guard let letters = number("password_letters"), let digits = number("password_digits") else {
            return draft.absent(Self.unknown)
        }
        return letters > 0 && digits > 0
            ? draft.met("A new password has to hold letters and digits.")
            : draft.unmet("A new password need not hold both letters and digits.")
    }

    func sessions(_ asked: EvidenceRequirement) -> Evidence {
        let draft = draft(asked, ["session_idle_seconds", "session_absolute_seconds"])
        guard let idle = number("session_idle_seconds"), let absolute = number("session_absolute_seconds") else {
            return draft.absent(Self.unknown)
        }
        let words = Duration.seconds(idle).inWords
        return idle <= asked[.minutes] * 60
            ? draft.met("A session ends after \(words) without use, and after \(Duration.seconds(absolute).inWords).")
            : draft.unmet(
                "A session ends after \(words) without use; \(Duration.minutes(asked[.minutes]).inWords) are allowed.")
    }

    func lockout(_ asked: EvidenceRequirement, _ refused: NewestPositions) -> Evidence {
        var draft = draft(asked, ["lockout_tries", "lockout_seconds"])
        draft.count("refused_sign_ins", refused.count)
        guard let tries = number("lockout_tries"), let seconds = number("lockout_seconds") else {
            return draft.absent(Self.unknown)
        }
        let lock = Duration.seconds(seconds).inWords
        return tries <= asked[.count] && seconds >= asked[.minutes] * 60
            ? draft.met("\(tries) wrong passwords lock an account for \(lock); refused sign-ins are recorded.")
            : draft.unmet(
                "\(tries) wrong passwords lock an account for \(lock); at most \(asked[.count]) and at least"
                    + " \(Duration.minutes(asked[.minutes]).inWords) are asked for.")
    }

    func transport(_ asked: EvidenceRequirement) -> Evidence {
        let draft = draft(asked, ["public_https", "own_tls", "directory_servers", "directory_servers_tls"])
        guard let https = number("public_https"), let servers = number("directory_servers"),
            let encrypted = number("directory_servers_tls")
        else { return draft.absent(Self.unknown) }
        guard https == 1 else { return draft.unmet("The public address is not https.") }
        guard encrypted == servers else {
            return draft.unmet("\(servers - encrypted) of \(servers) directory servers are asked without TLS.")
        }
        return draft.met(
            "Browsers come over https, and TLS is used with each directory server; there \(servers == 1 ? "is" : "are")"
                + " \(servers).")
    }
}
