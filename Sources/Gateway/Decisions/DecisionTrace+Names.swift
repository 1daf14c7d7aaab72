import Authorization
import Identity
import Vocabulary

/// What the ids that rules name are called: roles by id, groups by id and by immutable upstream key.
struct TraceNames: Sendable {
    private var roles: [String: String] = [:]
    private var groups: [String: String] = [:]

    init(_ authorization: TenantAuthorization) {
        for (id, role) in authorization.roles { roles[id.description] = role.name }
        for (id, group) in authorization.groups {
            groups[id.description] = group.name
            if let key = group.upstream?.key { groups[key] = group.name }
        }
    }

    /// The same conditions, with names where somebody has one.
    func naming(_ condition: UnmetCondition) -> UnmetCondition {
        guard case .subject(let users, let roles, let groups, let accounts) = condition else { return condition }
        return .subject(
            users: users, roles: roles.map { self.roles[$0] ?? $0 }, groups: groups.map { self.groups[$0] ?? $0 },
            serviceAccounts: accounts)
    }

    /// A sentence in which ids stand as words of their own, with names in their place.
    func naming(_ sentence: String) -> String {
        sentence.split(separator: " ", omittingEmptySubsequences: false).map { word in
            let bare = word.trimmingPrefix { "([\"".contains($0) }
            let id = bare.prefix { !")]\",;".contains($0) }
            guard let name = roles[String(id)] ?? groups[String(id)] else { return String(word) }
            return word.prefix(word.count - bare.count) + name + bare.dropFirst(id.count)
        }.joined(separator: " ")
    }

    /// What a mapping looks at, such as `group engineers`.
    func words(for match: MappingMatch) -> String {
        switch match {
        case .group(let key): "group \(groups[key] ?? key)"
        case .attribute(let name, let values):
            "attribute \(name) \(values.prefix(4).joined(separator: " or "))\(values.count > 4 ? " or …" : "")"
        }
    }
}

extension DecisionTrace {
    /// The credential that a question was asked for, and what its bearer had proven.
    public struct Authentication: Sendable {
        /// One proof, oldest first.
        public struct Proof: Sendable {
            public let method: AuthenticationMethod
            /// The provider's name; nil where none had a part.
            public let provider: String?
            public let at: Timestamp
        }

        /// `session`, `application_session` or `api_key`.
        public let kind: String
        public let id: String
        /// The provider that the session rests on, by name.
        public let provider: String?
        /// The application that it was made for, by name.
        public let application: String?
        public let strength: AuthenticationStrength
        public let proofs: [Proof]
        /// When the newest proof was given.
        public let authenticatedAt: Timestamp?
        /// What an API key is narrowed to; nil for all of its account's.
        public let scopes: [String]?
        /// What stood out about the sign-in.
        public let anomalies: [LoginAnomaly]

        init(_ principal: Principal, providers: [ProviderID: String], application: String?) {
            (kind, id) = DecisionRecord.credential(principal.credential)
            provider = principal.provider.map { providers[$0] ?? $0.description }
            self.application = application
            strength = principal.strength
            proofs = principal.events.map { event in
                Proof(
                    method: event.method, provider: event.provider.map { providers[$0] ?? $0.description }, at: event.at
                )
            }
            authenticatedAt = principal.authenticatedAt
            scopes = principal.scopes
            anomalies = principal.anomalies
        }
    }
}
