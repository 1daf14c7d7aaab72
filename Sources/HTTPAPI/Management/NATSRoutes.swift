import Gateway
import HTTPTypes
import Vocabulary

/// Operators, accounts and users of NATS out of the organization: read, made, changed and taken back. What leaves with secrets
/// in it is `NATSHandingRoutes`.
struct NATSRoutes {
    let gateway: Gateway
    let mac: MACFunction

    static let place = "/api/v1/nats"

    static func access(_ action: String) -> Route.Access { .permission(action: action, type: "nats") }

    var routes: [Route] { operators + accounts + users + [bootstrap] }

    private var operators: [Route] {
        let kind = Kind("operator", "Operator", "operators of NATS")
        return [
            list(kind) { $0.operators }, show(kind) { try await $0.operator(named: $1, in: $2) },
            make(
                kind, "Makes an organization an operator of NATS",
                "`NatsOperatorCreatedEvent` is journalled as nats_operator.created.", NATSSchema.operatorMade
            ) { nats, request, caller in
                try await nats.generateOperator(
                    of: try request.text("organization"), name: try request.optionalText("name"),
                    request.settings(but: ["organization", "name"]), by: caller)
            },
            change(
                kind, "Changes where an operator's servers are, and what its subjects begin with",
                NATSSchema.operatorChanged, present: { try await $0.operator(named: $1, in: $2) }
            ) { try await $0.changeOperator($1, $2, expecting: $3, by: $4) },
            rotate(kind, "Replaces an operator's signing key and signs its accounts anew") {
                try await $0.rotateOperator($1, by: $2)
            },
        ]
    }

    private var accounts: [Route] {
        let kind = Kind("account", "Account", "accounts of NATS")
        return [
            list(kind) { $0.accounts }, show(kind) { try await $0.account(named: $1, in: $2) },
            make(
                kind, "Makes an organization unit an account of NATS",
                "`NatsAccountCreatedEvent` is journalled as nats_account.created.", NATSSchema.accountMade
            ) { nats, request, caller in
                try await nats.generateAccount(
                    of: try request.text("unit"), name: try request.optionalText("name"),
                    request.settings(but: ["unit", "name"]), by: caller)
            },
            change(
                kind, "Changes what an account is bound by", NATSSchema.accountChanged,
                present: { try await $0.account(named: $1, in: $2) }
            ) { try await $0.changeAccount($1, $2, expecting: $3, by: $4) },
            rotate(kind, "Replaces an account's signing key and signs its users anew") {
                try await $0.rotateAccount($1, by: $2)
            },
        ]
    }

    private var users: [Route] {
        let kind = Kind("user", "User", "users of NATS")
        return [
            list(kind) { $0.users }, show(kind) { try await $0.user(named: $1, in: $2) },
            make(
                kind, "Makes a person with the service role a user of NATS",
                """
                `NatsUserCreatedEvent` is journalled as nats_user.created. The account is that of their unit, or of the next \
                above it that is one, unless another is named.
                """, NATSSchema.userMade
            ) { nats, request, caller in
                try await nats.generateUser(
                    of: try request.text("person"), in: try request.optionalText("account"),
                    request.settings(but: ["person", "account"]), by: caller)
            },
            change(
                kind, "Changes what a user may do; the token before holds no longer", NATSSchema.userChanged,
                present: { try await $0.user(named: $1, in: $2) }
            ) { try await $0.changeUser($1, $2, expecting: $3, by: $4) },
            rotate(kind, "Replaces a user's key; what was handed out holds no longer") {
                try await $0.rotateUser($1, by: $2)
            },
            Route(
                .delete, kind.one, "revokeNATSUser", "Takes a user away; servers end its connections", tag: "nats",
                access: Self.access("delete"), successStatus: 204
            ) { request in
                try await gateway.nats.revokeUser(
                    request.parameters["user"] ?? "", by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    private var bootstrap: Route {
        Route(
            .post, Self.place + "/bootstrap", "bootstrapNATS",
            "Makes what a bootstrap file tells of and is not there yet",
            details: """
                `clan-bootstrap.json`: an organization, its units, and service people with what they may do. What is there \
                is left as it is; all of it is made, or nothing.
                """, tag: "nats", access: Self.access("create"), requestBody: .map(.any), response: NATSSchema.report,
            bodyLimit: 8 << 20
        ) { request in
            // People, units, the role and assignments come about, which are guarded by themselves as well.
            for type in ["person", "organization_unit", "role", "assignment"] {
                try await request.require("create", type, gateway)
            }
            let report = try await gateway.nats.bootstrap(request.body ?? .null, by: try request.caller(gateway))
            return APIResponse(body: report.json)
        }
    }

    // MARK: What all three have

    /// One of the three kinds, as paths, operations and sentences call it.
    private struct Kind {
        let word: String
        let name: String
        let plural: String

        init(_ word: String, _ name: String, _ plural: String) {
            (self.word, self.name, self.plural) = (word, name, plural)
        }

        var all: String { "\(NATSRoutes.place)/\(word)s" }
        var one: String { "\(all)/{\(word)}" }
        var schema: JSONSchema { .reference("NATS\(name)") }
    }

    private func list<Entity: NATSShown>(
        _ kind: Kind, _ choose: @escaping @Sendable (NATSOverview) -> [Entity]
    ) -> Route {
        Route(
            .get, kind.all, "listNATS\(kind.name)s", "Lists \(kind.plural)", tag: "nats", access: Self.access("read"),
            query: Route.Parameter.page, response: .page(kind.schema)
        ) { request in
            let entities = choose(try await gateway.nats.overview(in: try request.requiredTenant))
            return try request.answer(whole: entities, by: { "\($0.name) \($0.id)" }, mac: mac, \.json)
        }
    }

    private typealias Find<Entity> = @Sendable (NATSService, String, TenantID) async throws -> Entity

    private func show<Entity: NATSShown>(_ kind: Kind, _ find: @escaping Find<Entity>) -> Route {
        Route(
            .get, kind.one, "getNATS\(kind.name)", "Shows one of the \(kind.plural)", tag: "nats",
            access: Self.access("read"), response: kind.schema
        ) { request in
            let tenant = try request.requiredTenant
            return try await find(gateway.nats, request.parameters[kind.word] ?? "", tenant).answer()
        }
    }

    private func make<Entity: NATSShown>(
        _ kind: Kind, _ summary: String, _ details: String, _ body: JSONSchema,
        _ make: @escaping @Sendable (NATSService, APIRequest, Caller) async throws -> Entity
    ) -> Route {
        Route(
            .post, kind.all, "generateNATS\(kind.name)", summary, details: details, tag: "nats",
            access: Self.access("create"), requestBody: body, response: kind.schema, successStatus: 201
        ) { request in
            try await make(gateway.nats, request, try request.caller(gateway)).answer(.created)
        }
    }

    private func change<Entity: NATSShown>(
        _ kind: Kind, _ summary: String, _ body: JSONSchema, present find: @escaping Find<Entity>,
        _ change: @escaping @Sendable (NATSService, String, AttributeValue, Int64?, Caller) async throws -> Entity
    ) -> Route {
        Route(
            .patch, kind.one, "changeNATS\(kind.name)", summary, tag: "nats", access: Self.access("update"),
            requestBody: body, response: kind.schema, preconditions: .required
        ) { request in
            let (nats, name) = (gateway.nats, request.parameters[kind.word] ?? "")
            let version = try request.expectedVersion(
                try await find(nats, name, try request.requiredTenant).version)
            return try await change(
                nats, name, request.body ?? .object([:]), version, try request.caller(gateway)
            ).answer()
        }
    }

    private func rotate<Entity: NATSShown>(
        _ kind: Kind, _ summary: String,
        _ rotate: @escaping @Sendable (NATSService, String, Caller) async throws -> Entity
    ) -> Route {
        Route(
            .post, kind.one + "/rotate", "rotateNATS\(kind.name)", summary, tag: "nats", access: Self.access("update"),
            response: kind.schema
        ) { request in
            let name = request.parameters[kind.word] ?? ""
            return try await rotate(gateway.nats, name, try request.caller(gateway)).answer()
        }
    }
}

extension APIRequest {
    /// The members of the body that are settings.
    fileprivate func settings(but names: Set<String>) -> AttributeValue {
        .object((body?.object ?? [:]).filter { !names.contains($0.key) })
    }
}
