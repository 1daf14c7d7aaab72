import Identity
import LDAP

/// Finds the groups somebody is in, from the group side: those that list the person, then those that list these, step
/// by step. A group is followed once, so cycles end; steps, groups and the size of each question are bounded.
struct GroupWalk {
    /// More groups than this refuse the login: better nobody than somebody with half their groups.
    static let groupLimit = 2_000
    /// Names in one filter.
    static let batch = 40

    let settings: LDAPDirectorySettings.Groups
    let attributes: [String]

    /// Nil when there are more than `groupLimit`.
    ///
    /// - Parameter primary: the SID of an Active Directory primary group, which lists no members.
    func groups(
        of dn: String, login: String, primary: [UInt8]?, on connection: LDAPConnection
    ) async throws -> [UpstreamGroup]? {
        var found: [String: UpstreamGroup] = [:]
        let own = settings.memberAttribute == .memberUid ? login : dn
        var asked: Set<String> = [FoldedName.of(dn) ?? dn]
        var filters = [Self.filter(settings, listing: [own])]
        if let primary { filters.append("(objectSid=\(LDAPFilter.escape(bytes: primary)))") }
        for _ in 0..<max(1, settings.depthLimit) where !filters.isEmpty {
            var next: [String] = []
            for filter in filters {
                let entries = try await connection.entries(request(filter))
                for entry in entries {
                    guard let key = UpstreamKey.text(of: entry) else { continue }
                    found[key] = UpstreamGroup(key: key, name: entry[settings.nameAttribute] ?? entry.dn)
                    if asked.insert(FoldedName.of(entry.dn) ?? entry.dn).inserted { next.append(entry.dn) }
                }
                guard found.count <= Self.groupLimit else { return nil }
            }
            // A group of logins lists no groups.
            let follows = settings.isNested && settings.memberAttribute != .memberUid
            filters = follows ? Self.batches(next).map { Self.filter(settings, listing: $0) } : []
        }
        return found.values.sorted { $0.key < $1.key }
    }

    private func request(_ filter: String) -> SearchRequest {
        SearchRequest(
            base: settings.base, filter: "(&\(settings.filter)\(filter))", attributes: attributes,
            limits: SearchLimits(entries: Self.groupLimit + 1))
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
