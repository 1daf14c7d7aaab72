import NKeys

/// Where commands are asked and events are told, all below one prefix.
///
/// Without a prefix they are those of the policy service: `policy.commands.create` and `events.policy.{id}.PolicyCreated`, with
/// `events.{kind}.…` beside it for what is no policy. With one, everything is in the domain `policy` of an operator:
/// `{prefix}.policy.commands.create` and `{prefix}.policy.events.policy.{id}.PolicyCreated`, so that the rights to that one
/// domain are those of the service.
struct MessagingSubjects: Sendable, Hashable {
    /// What stands before `events` and `commands`; empty, or with a dot at its end.
    private let commandRoot: String
    private let eventRoot: String

    init(prefix: String) {
        commandRoot = prefix.isEmpty ? "policy." : "\(prefix).policy."
        eventRoot = prefix.isEmpty ? "" : "\(prefix).policy."
    }

    // MARK: Commands

    /// Everything that can be asked.
    var commandPattern: String { commandRoot + "commands.>" }

    /// Where a command is asked: by whoever may publish there, or by the holder of a key, who alone may.
    func command(_ name: String, key: String? = nil) -> String {
        commandRoot + "commands." + name + (key.map { "." + $0 } ?? "")
    }

    /// Which command a subject names, and whose key; nil for a subject that is none of these.
    func command(in subject: String) -> (name: String, key: String?)? {
        let root = commandRoot + "commands."
        guard subject.hasPrefix(root) else { return nil }
        let tokens = subject.dropFirst(root.count).split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(tokens.count) else { return nil }
        return (String(tokens[0]), tokens.count == 2 ? String(tokens[1]) : nil)
    }

    /// Whether a subject or pattern is about commands: who asks there hears an answer.
    func isCommand(_ subject: NATSSubject) -> Bool {
        guard let all = try? NATSSubject(commandPattern) else { return false }
        return all.contains(subject)
    }

    /// Whether an answer there would be a command or an event: nobody waits for one there.
    func isOwn(_ subject: String) -> Bool {
        subject.hasPrefix(commandRoot + "commands.") || subject.hasPrefix(eventRoot + "events.")
    }

    // MARK: Events

    /// Where an event is told. What is no policy, set or exemption is told under its own kind.
    func event(_ kind: String, id: String, name: String) -> String {
        "\(eventRoot)events.\(Self.group(of: kind)).\(id).\(name)"
    }

    /// Everything that is told.
    var eventPatterns: [String] {
        guard eventRoot.isEmpty else { return [eventRoot + "events.>"] }
        // `events.>` alone would take what other services of the account tell.
        return Set(GovernedKinds.names.map(Self.group)).sorted().map { "events.\($0).>" }
    }

    private static func group(of kind: String) -> String {
        ["policy_set", "exemption"].contains(kind) ? "policy" : kind
    }
}
