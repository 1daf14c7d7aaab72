import Identity
import LDAP
import Vocabulary

extension LDAPDirectory {
    /// Every person and group, by pages, over one connection. A lost connection starts again on the next server, from
    /// the beginning: halves of two servers' answers are never put together.
    public func snapshot() async throws -> DirectorySnapshot {
        try await translated {
            try await client.withSearchConnection { connection in try await gather(connection) }
        }
    }

    private func gather(_ connection: LDAPConnection) async throws -> DirectorySnapshot {
        var builder = SnapshotBuilder(settings, reader, now: clock())
        try await connection.search(peopleRequest) { page in builder.add(people: page) }
        if let request = groupsRequest {
            try await connection.search(request) { page in builder.add(groups: page) }
        }
        return builder.finish()
    }

    var peopleRequest: SearchRequest {
        SearchRequest(
            base: settings.people.base, filter: settings.people.filter, attributes: reader.wanted,
            limits: SearchLimits(pageSize: settings.pageSize))
    }

    var groupsRequest: SearchRequest? {
        settings.groups.map { groups in
            SearchRequest(
                base: groups.base, filter: groups.effectiveFilter,
                attributes: groupAttributes(groups) + [groups.memberAttribute.rawValue],
                limits: SearchLimits(pageSize: settings.pageSize))
        }
    }

    /// What is asked of a group beside its members.
    func groupAttributes(_ groups: LDAPDirectorySettings.Groups) -> [String] {
        var wanted = [groups.keyAttribute.rawValue, groups.nameAttribute]
        if settings.people.keyAttribute == .objectGUID { wanted.append("objectSid") }
        return wanted
    }
}
