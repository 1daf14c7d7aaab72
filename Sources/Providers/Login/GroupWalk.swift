import Identity
import LDAP

/// Finds the groups somebody is in, from the group side: those that list the person, then those that list these, step
/// by step. A group is followed once, so cycles end; steps, groups and the size of each question are bounded.
struct GroupWalk {
    /// More groups than this refuse the login: better nobody than somebody with half their groups.
    static let groupLimit = 2_000
    /// Names in one filter.
    static let batch = 40
    /// Up to so many groups of one step are asked about one by one, so that each answer can be remembered.
    static let singly = 8

    typealias Container = NestingMemory.Container

    let settings: LDAPDirectorySettings.Groups
    let attributes: [String]
    let nesting: NestingMemory
    let ask: DirectoryQuestion

    /// Nil when there are more than `groupLimit`.
    ///
    /// - Parameters:
    ///   - primary: the SID of an Active Directory primary group, which lists no members.
    ///   - first: the answer to `firstQuestion`, where it has been asked.
    func groups(
        of dn: String, login: String, primary: [UInt8]?, first: [LDAPEntry]? = nil
    ) async throws -> [UpstreamGroup]? {
        let answer = if let first { first } else { try await ask(firstQuestion(of: dn, login: login)) }
        var step = containers(in: answer)
        if let primary {
            step += try await ask("(objectSid=\(LDAPFilter.escape(bytes: primary)))")
        }
        var found: [String: UpstreamGroup] = [:]
        var followed: Set<String> = [FoldedName.of(dn) ?? dn]
        for depth in 1...max(1, settings.depthLimit) where !step.isEmpty {
            for container in step { found[container.group.key] = container.group }
            guard found.count <= Self.groupLimit else { return nil }
            // A group of logins lists no groups.
            guard settings.isNested, settings.memberAttribute != .memberUid, depth < settings.depthLimit else { break }
            let next = step.filter { followed.insert(FoldedName.of($0.dn) ?? $0.dn).inserted }
            step = try await containers(of: next.map(\.dn))
        }
        return found.values.sorted { $0.key < $1.key }
    }

    /// The groups directly around these.
    private func containers(of names: [String]) async throws -> [Container] {
        var all: [Container] = []
        var unknown: [String] = []
        for name in names {
            if let known = nesting.containers(of: FoldedName.of(name) ?? name) {
                all += known
            } else {
                unknown.append(name)
            }
        }
        guard unknown.count > Self.singly else {
            for name in unknown {
                let found = try await ask(Self.filter(settings, listing: [name]))
                nesting.remember(found, of: FoldedName.of(name) ?? name)
                all += found
            }
            return all
        }
        for names in Self.batches(unknown) {
            all += try await ask(Self.filter(settings, listing: names))
        }
        return all
    }

    /// Asks for the groups that list somebody.
    func firstQuestion(of dn: String, login: String) -> SearchRequest {
        question(Self.filter(settings, listing: [settings.memberAttribute == .memberUid ? login : dn]))
    }

    private func ask(_ filter: String) async throws -> [Container] {
        containers(in: try await ask(question(filter)))
    }

    private func question(_ filter: String) -> SearchRequest {
        SearchRequest(
            base: settings.base, filter: "(&\(settings.effectiveFilter)\(filter))", attributes: attributes,
            limits: SearchLimits(entries: Self.groupLimit + 1))
    }

    private func containers(in entries: [LDAPEntry]) -> [Container] {
        entries.compactMap { entry in
            UpstreamKey.text(of: entry).map { key in
                Container(group: UpstreamGroup(key: key, name: entry[settings.nameAttribute] ?? entry.dn), dn: entry.dn)
            }
        }
    }

    static func filter(_ settings: LDAPDirectorySettings.Groups, listing members: [String]) -> String {
        let name = settings.memberAttribute.rawValue
        let terms = members.map { "(\(name)=\(LDAPFilter.escape($0)))" }
        return terms.count == 1 ? terms[0] : "(|\(terms.joined()))"
    }

    /// Bounded by number and by the length a filter may have.
    static func batches(_ names: [String]) -> [[String]] {
        var batches: [[String]] = []
        var bytes = 0
        for name in names {
            // An escape is three bytes for one.
            let size = name.utf8.count * 3 + 20
            if batches.isEmpty || batches[batches.count - 1].count >= batch || bytes + size > 12_000 {
                batches.append([])
                bytes = 0
            }
            batches[batches.count - 1].append(name)
            bytes += size
        }
        return batches
    }
}
