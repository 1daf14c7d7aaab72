/// What is asked of a server, and what was promised of it.
struct Endpoint: Sendable {
    struct Request: Sendable {
        let path: String
        /// What is posted; nil asks with GET.
        var form: String?
        /// Of another client than the party's own.
        var credentials: String?
    }

    let name: String
    /// Processor time of the peer over ours, at least.
    var ratio: Double?
    /// Processor time of ours, at most, in microseconds.
    var limit: Double?
    let request: @Sendable (Party) -> Request

    /// Of both. glewlwyd knows signed access tokens only, so that it is asked about one of those.
    static func compared(ownToken opaque: String) -> [Endpoint] {
        [
            Endpoint(name: "discovery", ratio: 1) { Request(path: $0.discovery) },
            Endpoint(name: "JWKS", ratio: 1) { Request(path: $0.keys) },
            Endpoint(name: "introspection by a client", ratio: 5, limit: 100) { party in
                party.isOurs
                    ? Request(
                        path: party.introspection, form: "token=" + opaque,
                        credentials: "opaque:" + OAuthStage.secret)
                    : Request(path: party.introspection, form: "token=" + party.accessToken)
            },
            Endpoint(name: "client_credentials, signed with ES256", ratio: 5) {
                Request(path: $0.token, form: "grant_type=client_credentials&scope=" + $0.scope)
            },
        ]
    }

    /// Of ours, to be read beside those.
    static func alone(ownToken signed: String) -> [Endpoint] {
        [
            Endpoint(name: "introspection by a client, signed with ES256") {
                Request(path: $0.introspection, form: "token=" + signed)
            },
            Endpoint(name: "client_credentials, opaque and durable") {
                Request(
                    path: $0.token, form: "grant_type=client_credentials&scope=" + $0.scope,
                    credentials: "opaque:" + OAuthStage.secret)
            },
        ]
    }
}
