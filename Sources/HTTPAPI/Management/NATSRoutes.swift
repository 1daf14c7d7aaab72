import Gateway
import HTTPTypes
import JOSE
import NKeys
import Vocabulary

/// Credentials for servers of NATS: operators, accounts and users out of the organization, made, changed, handed out, taken
/// back.
struct NATSRoutes {
    let gateway: Gateway
    let mac: MACFunction

    static let place = "/api/v1/nats"

    static func access(_ action: String) -> Route.Access { .permission(action: action, type: "nats") }

    var routes: [Route] { reading + one + generating + changing + handing }

    private var reading: [Route] {
        [
            Route(
                .get, Self.place + "/operators", "listNATSOperators", "Lists operators of NATS", tag: "nats",
                access: Self.access("read"), query: Route.Parameter.page, response: .page(.reference("NATSOperator"))
            ) { request in
                let all = try await gateway.nats.overview(in: try request.requiredTenant).operators
                return try request.answer(whole: all, by: \.name, mac: mac, \.json)
            },
            Route(
                .get, Self.place + "/accounts", "listNATSAccounts", "Lists accounts of NATS", tag: "nats",
                access: Self.access("read"), query: Route.Parameter.page, response: .page(.reference("NATSAccount"))
            ) { request in
                let all = try await gateway.nats.overview(in: try request.requiredTenant).accounts
                return try request.answer(whole: all, by: { "\($0.name) \($0.id)" }, mac: mac, \.json)
            },
            Route(
                .get, Self.place + "/users", "listNATSUsers", "Lists users of NATS", tag: "nats",
                access: Self.access("read"), query: Route.Parameter.page, response: .page(.reference("NATSUser"))
            ) { request in
                let all = try await gateway.nats.overview(in: try request.requiredTenant).users
                return try request.answer(whole: all, by: { "\($0.name) \($0.id)" }, mac: mac, \.json)
            },
        ]
    }

    private var one: [Route] {
        [
            Route(
                .get, Self.place + "/operators/{operator}", "getNATSOperator", "Shows an operator of NATS", tag: "nats",
                access: Self.access("read"), response: .reference("NATSOperator")
            ) { request in
                let found = try await gateway.nats.nats(
                    operator: request.parameters["operator"] ?? "", in: try request.requiredTenant)
                return APIResponse(body: found.json, etag: EntityTag(version: found.version))
            },
            Route(
                .get, Self.place + "/accounts/{account}", "getNATSAccount", "Shows an account of NATS", tag: "nats",
                access: Self.access("read"), response: .reference("NATSAccount")
            ) { request in
                let found = try await gateway.nats.account(
                    named: request.parameters["account"] ?? "", in: try request.requiredTenant)
                return APIResponse(body: found.json, etag: EntityTag(version: found.version))
            },
            Route(
                .get, Self.place + "/users/{user}", "getNATSUser", "Shows a user of NATS", tag: "nats",
                access: Self.access("read"), response: .reference("NATSUser")
            ) { request in
                let found = try await gateway.nats.user(
                    named: request.parameters["user"] ?? "", in: try request.requiredTenant)
                return APIResponse(body: found.json, etag: EntityTag(version: found.version))
            },
        ]
    }

    private var generating: [Route] {
        [
            Route(
                .post, Self.place + "/operators", "generateNATSOperator", "Makes an organization an operator of NATS",
                details: "`NatsOperatorCreatedEvent` is journalled as nats_operator.created.", tag: "nats",
                access: Self.access("create"), requestBody: NATSSchema.operatorMade,
                response: .reference("NATSOperator"), successStatus: 201
            ) { request in
                let made = try await gateway.nats.generateOperator(
                    of: try request.text("organization"), name: try request.optionalText("name"),
                    request.settings(but: ["organization", "name"]), by: try request.caller(gateway))
                return APIResponse(.created, body: made.json, etag: EntityTag(version: made.version))
            },
            Route(
                .post, Self.place + "/accounts", "generateNATSAccount", "Makes an organization unit an account of NATS",
                details: "`NatsAccountCreatedEvent` is journalled as nats_account.created.", tag: "nats",
                access: Self.access("create"), requestBody: NATSSchema.accountMade,
                response: .reference("NATSAccount"), successStatus: 201
            ) { request in
                let made = try await gateway.nats.generateAccount(
                    of: try request.text("unit"), name: try request.optionalText("name"),
                    request.settings(but: ["unit", "name"]), by: try request.caller(gateway))
                return APIResponse(.created, body: made.json, etag: EntityTag(version: made.version))
            },
            Route(
                .post, Self.place + "/users", "generateNATSUser", "Makes a person with the service role a user of NATS",
                details: """
                    `NatsUserCreatedEvent` is journalled as nats_user.created. The account is that of their unit, or of the \
                    next above it that is one, unless another is named.
                    """, tag: "nats", access: Self.access("create"), requestBody: NATSSchema.userMade,
                response: .reference("NATSUser"), successStatus: 201
            ) { request in
                let made = try await gateway.nats.generateUser(
                    of: try request.text("person"), in: try request.optionalText("account"),
                    request.settings(but: ["person", "account"]), by: try request.caller(gateway))
                return APIResponse(.created, body: made.json, etag: EntityTag(version: made.version))
            },
            Route(
                .post, Self.place + "/bootstrap", "bootstrapNATS",
                "Makes what a bootstrap file tells of and is not there yet",
                details: """
                    `clan-bootstrap.json`: an organization, its units, and service people with what they may do. What is \
                    there is left as it is; all of it is made, or nothing.
                    """, tag: "nats", access: Self.access("create"), requestBody: .map(.any),
                response: NATSSchema.report, bodyLimit: 8 << 20
            ) { request in
                // People, units and an assignment come about, which are guarded by themselves as well.
                for type in ["person", "organization_unit", "assignment"] {
                    try await request.require("create", type, gateway)
                }
                let report = try await gateway.nats.bootstrap(
                    request.body ?? .null, by: try request.caller(gateway))
                return APIResponse(body: report.json)
            },
        ]
    }

    private var changing: [Route] {
        [
            Route(
                .patch, Self.place + "/operators/{operator}", "changeNATSOperator",
                "Changes where an operator's servers are, and what its subjects begin with", tag: "nats",
                access: Self.access("update"), requestBody: NATSSchema.operatorChanged,
                response: .reference("NATSOperator"), preconditions: .required
            ) { request in
                let name = request.parameters["operator"] ?? ""
                let present = try await gateway.nats.nats(operator: name, in: try request.requiredTenant)
                let changed = try await gateway.nats.changeOperator(
                    name, request.body ?? .object([:]), expecting: try request.expectedVersion(present.version),
                    by: try request.caller(gateway))
                return APIResponse(body: changed.json, etag: EntityTag(version: changed.version))
            },
            Route(
                .patch, Self.place + "/accounts/{account}", "changeNATSAccount", "Changes what an account is bound by",
                tag: "nats", access: Self.access("update"), requestBody: NATSSchema.accountChanged,
                response: .reference("NATSAccount"), preconditions: .required
            ) { request in
                let name = request.parameters["account"] ?? ""
                let present = try await gateway.nats.account(named: name, in: try request.requiredTenant)
                let changed = try await gateway.nats.changeAccount(
                    name, request.body ?? .object([:]), expecting: try request.expectedVersion(present.version),
                    by: try request.caller(gateway))
                return APIResponse(body: changed.json, etag: EntityTag(version: changed.version))
            },
            Route(
                .patch, Self.place + "/users/{user}", "changeNATSUser",
                "Changes what a user may do; the token before holds no longer", tag: "nats",
                access: Self.access("update"), requestBody: NATSSchema.userChanged, response: .reference("NATSUser"),
                preconditions: .required
            ) { request in
                let name = request.parameters["user"] ?? ""
                let present = try await gateway.nats.user(named: name, in: try request.requiredTenant)
                let changed = try await gateway.nats.changeUser(
                    name, request.body ?? .object([:]), expecting: try request.expectedVersion(present.version),
                    by: try request.caller(gateway))
                return APIResponse(body: changed.json, etag: EntityTag(version: changed.version))
            },
            Route(
                .delete, Self.place + "/users/{user}", "revokeNATSUser",
                "Takes a user away; servers end its connections", tag: "nats", access: Self.access("delete"),
                successStatus: 204
            ) { request in
                try await gateway.nats.revokeUser(
                    request.parameters["user"] ?? "", by: try request.caller(gateway))
                return .noContent
            },
            rotation(
                "operators/{operator}", "Operator", "Replaces an operator's signing key and signs its accounts anew"
            ) {
                try await $0.rotateOperator($1, by: $2).json
            },
            rotation("accounts/{account}", "Account", "Replaces an account's signing key and signs its users anew") {
                try await $0.rotateAccount($1, by: $2).json
            },
            rotation("users/{user}", "User", "Replaces a user's key; what was handed out holds no longer") {
                try await $0.rotateUser($1, by: $2).json
            },
        ]
    }

    private func rotation(
        _ path: String, _ kind: String, _ summary: String,
        _ rotate: @escaping @Sendable (NATSService, String, Caller) async throws -> AttributeValue
    ) -> Route {
        let parameter = kind.lowercased()
        return Route(
            .post, Self.place + "/\(path)/rotate", "rotateNATS\(kind)", summary, tag: "nats",
            access: Self.access("update"), response: .reference("NATS\(kind)")
        ) { request in
            APIResponse(
                body: try await rotate(
                    gateway.nats, request.parameters[parameter] ?? "", try request.caller(gateway)))
        }
    }

    // MARK: Handing out

    private var handing: [Route] {
        let ofOperator = Route.Parameter("operator", "By name or id; needed where there are several.")
        return [
            Route(
                .post, Self.place + "/export", "exportNATS", "Hands out an operator's tokens and seeds as files",
                details: "The answer holds secrets; that it was given is journalled.", tag: "nats",
                access: Self.access("export"),
                query: [
                    ofOperator,
                    Route.Parameter(
                        "format", "flat, nsc or nsc-tool; flat without it.",
                        .words(NATSExportFormat.allCases.map(\.rawValue))),
                ], response: NATSSchema.files, repetition: .refused
            ) { request in
                let format = request.query["format"].flatMap(NATSExportFormat.init) ?? .flat
                let plan = try await gateway.nats.export(
                    format, of: request.query["operator"], by: try request.caller(gateway))
                return APIResponse(body: ["files": .list(plan.files.map(\.json))])
            },
            Route(
                .get, Self.place + "/server-configuration", "getNATSServerConfiguration",
                "Shows what a server of an operator is configured with", tag: "nats", access: Self.access("read"),
                query: [
                    ofOperator,
                    Route.Parameter(
                        "directory", "Where it keeps accounts it is told of; without it they are all here."),
                ], media: ["text/plain"]
            ) { request in
                let text = try await gateway.nats.serverConfiguration(
                    of: request.query["operator"], directory: request.query["directory"],
                    in: try request.requiredTenant)
                return .text(text, "text/plain")
            },
            Route(
                .post, Self.place + "/users/{user}/credentials", "exportNATSUser", "Hands out a user's credentials",
                details: "The answer holds a secret; that it was given is journalled.", tag: "nats",
                access: Self.access("export"), response: .object(["credentials": .string()]), repetition: .refused
            ) { request in
                let text = try await gateway.nats.credentials(
                    of: request.parameters["user"] ?? "", by: try request.caller(gateway))
                return APIResponse(body: [
                    "credentials": .string(text.withBytes { String(decoding: $0, as: UTF8.self) })
                ])
            },
            Route(
                .post, Self.place + "/temporary-credentials", "createTemporaryNATSCredentials",
                "Signs a token for the time of an assignment of one's own",
                details: """
                    The entitlement's metadata say under `nats` which account and what may be done there. The key pair is \
                    the caller's own: its seed never comes here.
                    """, tag: "nats", access: .authenticated, requestBody: NATSSchema.temporary,
                response: NATSSchema.handed, successStatus: 201
            ) { request in
                let caller = try request.caller(gateway)
                guard case .person(let person)? = caller.principal?.subject else {
                    throw Refusal.forbidden(code: "nats.no_person")
                }
                let handed = try await gateway.nats.temporaryCredentials(
                    try request.id("assignment"), publicKey: try request.text("public_key"), of: person, by: caller)
                return APIResponse(.created, body: handed.json, person: person)
            },
        ]
    }
}

extension PlannedFile {
    fileprivate var json: AttributeValue {
        let mode = String(mode.rawValue, radix: 8)
        return [
            "path": .string(path), "mode": .string("0" + mode),
            "content": .string(content.withBytes { String(decoding: $0, as: UTF8.self) }),
        ]
    }
}

extension APIRequest {
    /// The members of the body that are settings.
    fileprivate func settings(but names: Set<String>) -> AttributeValue {
        .object((body?.object ?? [:]).filter { !names.contains($0.key) })
    }
}
