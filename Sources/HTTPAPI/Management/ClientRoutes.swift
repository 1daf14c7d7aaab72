import Gateway
import HTTPTypes
import Identity
import JOSE
import OAuth
import Vocabulary

/// Clients of the authorization server, their secrets, and the keys that sign tokens.
struct ClientRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { clients + secrets + keys }

    private static func access(_ action: String) -> Route.Access { .permission(action: action, type: "client") }

    private var clients: [Route] {
        [
            Route(
                .get, "/api/v1/clients", "listClients", "Lists clients, by client_id", tag: "clients",
                access: Self.access("read"), query: Route.Parameter.page, response: .page(.reference("Client"))
            ) { request in
                let clients = gateway.clientService.list(in: try request.requiredTenant)
                return try request.answer(whole: clients, by: \.name, mac: mac, \.json)
            },
            Route(
                .post, "/api/v1/clients", "createClient", "Makes a client; its secret is in this answer only",
                details: """
                    `metadata` has the names of RFC 7591 §2. Without `token_endpoint_auth_method` it is \
                    client_secret_basic, and a secret is made; a client that authenticates by its own keys \
                    (private_key_jwt) gets none.
                    """,
                tag: "clients", access: Self.access("create"),
                requestBody: .object(
                    [
                        "client_id": .string(minLength: 1, maxLength: 256), "metadata": .map(.any),
                        "settings": ClientSchema.settings,
                    ], optional: ["metadata", "settings"]), response: ClientSchema.made, successStatus: 201,
                repetition: .refused, handler: create),
            Route(
                .get, "/api/v1/clients/{client}", "getClient", "Shows a client", tag: "clients",
                access: Self.access("read"), response: .reference("Client")
            ) { request in
                let client = try named(request)
                return APIResponse(body: client.json, etag: EntityTag(version: client.version))
            },
            Route(
                .patch, "/api/v1/clients/{client}", "updateClient", "Changes a client's metadata and settings",
                details: "Members of `metadata` that are null are taken away; `settings` replace the present ones.",
                tag: "clients", access: Self.access("update"),
                requestBody: .object(
                    ["metadata": .map(.any), "settings": ClientSchema.settings], optional: ["metadata", "settings"]),
                response: .reference("Client"), preconditions: .required
            ) { request in
                let present = try named(request)
                let client = try await gateway.clientService.change(
                    present.name, request.body?["metadata"]?.object ?? [:], try await settings(request),
                    expecting: try request.expectedVersion(present.version), by: try request.caller(gateway))
                return APIResponse(body: client.json, etag: EntityTag(version: client.version))
            },
            Route(
                .delete, "/api/v1/clients/{client}", "deleteClient",
                "Takes a client away, with everything it was granted", tag: "clients",
                access: Self.access("delete"), successStatus: 204
            ) { request in
                try await gateway.clientService.delete(try named(request).name, by: try request.caller(gateway))
                return .noContent
            },
            Route(
                .get, "/api/v1/clients/{client}/preview", "previewClient",
                "Shows what a client would get of a person, without anybody signing in",
                details: """
                    Whether policy lets them in, what it leaves of the scopes, and the claims of the ID token, of userinfo \
                    and of the access token.
                    """,
                tag: "clients", access: Self.access("read"),
                query: [
                    Route.Parameter("person", "Whose, by login or id; has to be said."),
                    Route.Parameter("scope", "What it would ask for; everything that it may without this."),
                ], response: ClientSchema.preview, handler: preview),
            state("disable", "Switches a client off, and ends everything it was granted", isDisabled: true),
            state("enable", "Switches a client on again", isDisabled: false),
        ]
    }

    private func state(_ verb: String, _ summary: String, isDisabled: Bool) -> Route {
        Route(
            .post, "/api/v1/clients/{client}/\(verb)", "\(verb)Client", summary, tag: "clients",
            access: Self.access("update"), successStatus: 204
        ) { request in
            try await gateway.clientService.setDisabled(
                try named(request).name, isDisabled, by: try request.caller(gateway))
            return .noContent
        }
    }

    private var secrets: [Route] {
        [
            Route(
                .post, "/api/v1/clients/{client}/secrets", "createClientSecret",
                "Makes a new secret; its text is in this answer only",
                details: "The present secret goes on until `old_ends_at`, so that the client can change over.",
                tag: "clients", access: Self.access("update"),
                requestBody: .object(["old_ends_at": JSONSchema.time.nullable], optional: ["old_ends_at"]),
                response: .object(["client_secret": .string()]), successStatus: 201, repetition: .refused
            ) { request in
                let secret = try await gateway.clientService.makeSecret(
                    try named(request).name, oldEnds: try request.optionalTime("old_ends_at"),
                    by: try request.caller(gateway))
                return APIResponse(.created, body: ["client_secret": .string(secret.reveal())])
            }
        ]
    }

    private var keys: [Route] {
        [
            Route(
                .get, "/api/v1/token-keys", "listTokenKeys", "Lists the keys that sign tokens, oldest first",
                tag: "clients", access: .permission(action: "read", type: "key"), query: Route.Parameter.page,
                response: .page(.reference("TokenKey"))
            ) { request in
                let keys = try await gateway.tokenKeys.list(in: try request.requiredTenant)
                return try request.answer(
                    whole: keys, by: { "\($0.createdAt.rfc3339) \($0.id)" }, mac: mac, \.json)
            },
            Route(
                .post, "/api/v1/token-keys/{algorithm}/rotate", "rotateTokenKey",
                "Begins the change to a new key that signs tokens",
                details: """
                    It is published now and signs after `oauth.key_notice`. With `now` it signs at once and the present \
                    one is believed no longer, for a key that may be in wrong hands.
                    """,
                tag: "clients", access: .permission(action: "rotate", type: "key"),
                requestBody: .object(["now": .boolean], optional: ["now"]), successStatus: 204
            ) { request in
                try await gateway.tokenKeys.rotate(
                    request.parameters["algorithm"] ?? "", isNow: try request.optionalBool("now") ?? false,
                    by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    // MARK: Reading requests

    private func named(_ request: APIRequest) throws -> OAuthClient {
        try gateway.clientService.client(request.parameters["client"] ?? "", in: try request.requiredTenant)
    }

    @Sendable private func create(_ request: APIRequest) async throws -> APIResponse {
        let (client, secret) = try await gateway.clientService.create(
            try request.text("client_id"), request.body?["metadata"]?.object ?? [:],
            try await settings(request) ?? ClientSettings(), by: try request.caller(gateway))
        var body: [String: AttributeValue] = ["client": client.json]
        if let secret { body["client_secret"] = .string(secret.reveal()) }
        body["issuer"] = .string(gateway.tenants.publicURL(of: client.tenant))
        return APIResponse(
            .created, body: .object(body), etag: EntityTag(version: client.version),
            location: request.location("clients", client.id))
    }

    @Sendable private func preview(_ request: APIRequest) async throws -> APIResponse {
        let client = try named(request)
        guard let name = request.query["person"] else {
            throw Refusal.badRequest(code: "client.person", where: "`person` is missing: whose claims are meant.")
        }
        let person = try await gateway.people.person(named: name, in: try request.requiredTenant)
        let scope = request.query["scope"].map { ScopeSet($0) }
        if case .some(nil) = scope {
            throw Refusal.badRequest(code: "client.scope", where: "`scope` is not a list of scope tokens.")
        }
        let preview = try await gateway.preview(client, of: person.id, scope: scope ?? nil)
        return APIResponse(body: preview.json)
    }

    private func settings(_ request: APIRequest) async throws -> ClientSettings? {
        guard let body = request.body?["settings"]?.object else { return nil }
        var settings = ClientSettings()
        if let name = body["service_account"]?.string {
            let account = try await gateway.serviceAccounts.account(named: name, in: try request.requiredTenant)
            // Whoever makes a client for an account can act as it: not beyond what they may do themselves.
            try await gateway.roles.requireHeld(
                standingOf: .serviceAccount(account.id), by: try request.caller(gateway))
            settings.serviceAccount = account.id
        }
        settings.asksConsent = body["consent"]?.bool ?? true
        settings.answersFor = (body["answers_for"]?.list ?? []).compactMap(\.string)
        settings.exchangeAudiences = (body["exchange_audiences"]?.list ?? []).compactMap(\.string)
        settings.mayImpersonate = body["may_impersonate"]?.bool ?? false
        for (claim, source) in body["claims"]?.object ?? [:] {
            guard let source = source.string.flatMap(ClaimSource.init) else {
                throw Refusal.badRequest(
                    code: "client.claim", where: "`\(claim.prefix(64))` comes from none of \(ClaimSource.words).")
            }
            settings.claims[claim] = source
        }
        return settings
    }
}

extension OAuthClient {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "client_id": .string(name), "name": .string(title),
            "metadata": AttributeValue(.object(metadata.json)), "settings": settings.json,
            "disabled": .bool(isDisabled), "secrets": .integer(Int64(secretCount)),
            "managed_by": .string(managedBy.rawValue), "version": .integer(version), "created_at": createdAt.json,
        ])
    }
}

extension ClientPreview {
    fileprivate var json: AttributeValue {
        [
            "may_enter": .bool(mayEnter), "reasons": .list(reasons.map(AttributeValue.string)),
            "scope": .string(scope.description), "refused": .object(refused.mapValues { .string($0) }),
            "id_token": AttributeValue(.object(idToken)), "userinfo": AttributeValue(.object(userInfo)),
            "access_token": AttributeValue(.object(accessToken)),
        ]
    }
}

extension ClientSettings {
    fileprivate var json: AttributeValue {
        HTTPAPI.json([
            "service_account": serviceAccount?.json, "consent": .bool(asksConsent),
            "answers_for": .list(answersFor.map(AttributeValue.string)),
            "exchange_audiences": .list(exchangeAudiences.map(AttributeValue.string)),
            "may_impersonate": .bool(mayImpersonate),
            "claims": .object(claims.mapValues { .string($0.word) }),
        ])
    }
}

extension ListedTokenKey {
    fileprivate var json: AttributeValue {
        [
            "id": id.json, "algorithm": .string(algorithm), "state": .string(state),
            "created_at": createdAt.json, "changed_at": changedAt.json,
        ]
    }
}

enum ClientSchema {
    static let settings = JSONSchema.object(
        [
            "service_account": JSONSchema.string(maxLength: 128).nullable
                .described("Whom it acts as in its own name, by name or id; needed for client_credentials."),
            "consent": JSONSchema.boolean.described("Whether people are asked; true without it."),
            "answers_for": JSONSchema.array(.string(minLength: 1, maxLength: 1_024), maximum: 32)
                .described("Resources whose tokens it may introspect."),
            "exchange_audiences": JSONSchema.array(.string(minLength: 1, maxLength: 1_024), maximum: 32)
                .described("Audiences it may exchange tokens for (RFC 8693)."),
            "may_impersonate": .boolean,
            "claims": JSONSchema.map(.string(minLength: 1, maxLength: 256))
                .described("Claims by name, each with its source: \(ClaimSource.words)."),
        ],
        optional: ["service_account", "consent", "answers_for", "exchange_audiences", "may_impersonate", "claims"])

    static let client = JSONSchema.object([
        "id": .uuid, "client_id": .string(), "name": .string(), "metadata": .map(.any), "settings": settings,
        "disabled": .boolean, "secrets": .integer(minimum: 0, maximum: 2), "managed_by": APISchemas.managedBy,
        "version": APISchemas.version, "created_at": .time,
    ])

    static let preview = JSONSchema.object([
        "may_enter": .boolean, "reasons": .array(.string()), "scope": .string(), "refused": .map(.string()),
        "id_token": .map(.any), "userinfo": .map(.any), "access_token": .map(.any),
    ])

    static let made = JSONSchema.object(
        ["client": .reference("Client"), "client_secret": .string(), "issuer": .string()],
        optional: ["client_secret"])

    static let key = JSONSchema.object([
        "id": .uuid, "algorithm": .string(), "state": .words(ListedTokenKey.states),
        "created_at": .time, "changed_at": .time,
    ])
}
