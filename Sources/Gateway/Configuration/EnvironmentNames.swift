import Vocabulary

/// The names of environment variables that a configuration asks for, and those that nothing asks for.
struct EnvironmentNames {
    static let prefix = "GATEHOUSE_"
    /// Read elsewhere: where the configuration is, where shared files are.
    private static let others: Set<String> = ["GATEHOUSE_CONFIG", "GATEHOUSE_SHARE"]

    /// Names that the policy service has for some settings. Ours count before them; none of them is said to set nothing, for other
    /// programs have them too.
    private static let aliases: [String: (name: String, read: @Sendable (String) -> String)] = [
        "nats.messaging.url": ("NATS_URL", { $0 }), "nats.messaging.events.stream": ("STREAM_NAME", { $0 }),
        "governance.snapshot_every": ("SNAPSHOT_FREQUENCY", { $0 }),
        "logging.level": ("LOG_LEVEL", { ["warn": "warning"][$0.lowercased()] ?? $0.lowercased() }),
    ]
    /// The section that the policy service's address of servers opens.
    private static let opened = (section: "nats.messaging", by: "NATS_URL")

    private(set) var known: Set<String> = others
    private var lists: Set<String> = []

    /// `server.listen` is `GATEHOUSE_SERVER_LISTEN`; `providers[1].bind_dn`, `GATEHOUSE_PROVIDERS_1_BIND_DN`.
    static func name(of key: String) -> String {
        var name = prefix
        for scalar in key.uppercased().unicodeScalars {
            let isWord = ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
            if isWord { name.unicodeScalars.append(scalar) } else if name.last != "_" { name += "_" }
        }
        return name
    }

    /// The variable that sets a key, and what it says; nil where none is set.
    static func setting(of key: String, in environment: [String: String]) -> (name: String, value: String)? {
        let own = name(of: key)
        if let value = environment[own] { return (own, value) }
        guard let alias = aliases[key], let value = environment[alias.name], !value.isEmpty else { return nil }
        return (alias.name, alias.read(value))
    }

    /// Whether a variable sets something inside a section.
    static func hasSetting(inside key: String, in environment: [String: String]) -> Bool {
        let start = name(of: key) + "_"
        if environment.keys.contains(where: { $0.hasPrefix(start) }) { return true }
        return key == opened.section && environment[opened.by]?.isEmpty == false
    }

    mutating func note(_ name: String) { known.insert(name) }
    mutating func noteList(_ key: String) { lists.insert(Self.name(of: key)) }

    /// One fault for each variable of ours that no setting takes.
    func faults(in environment: [String: String]) -> [ConfigurationFault] {
        environment.keys.filter { $0.hasPrefix(Self.prefix) && !known.contains($0) && !Self.isServiceLink($0) }.sorted()
            .map { ConfigurationFault(key: $0, line: nil, message: message(about: $0)) }
    }

    private func message(about name: String) -> String {
        if lists.contains(name) { return "is a list, which only the file can set; unset this variable." }
        let near = known.map { (name: $0, distance: Self.distance($0, name)) }
            .filter { $0.distance <= 3 }.min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        let hint = near.map { " Did you mean \($0.name)?" } ?? ""
        return "is an environment variable that sets nothing: rename or unset it.\(hint)"
    }

    /// Kubernetes tells every container where a service named `gatehouse` is, in variables of these forms.
    private static func isServiceLink(_ name: String) -> Bool {
        let rest = name.dropFirst(prefix.count)
        if rest.hasPrefix("SERVICE_HOST") || rest.hasPrefix("SERVICE_PORT") || rest == "PORT" { return true }
        return rest.hasPrefix("PORT_") && rest.contains(where: \.isNumber)
            && (rest.contains("_TCP") || rest.contains("_UDP"))
    }

    /// How many letters have to be put in, left out or exchanged (Levenshtein); names longer than 200 are far apart.
    static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left.utf8), Array(right.utf8))
        guard a.count <= 200, b.count <= 200 else { return .max }
        var row = Array(0...b.count)
        for (i, letter) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                let next = min(row[j + 1] + 1, row[j] + 1, diagonal + (letter == other ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[b.count]
    }
}
