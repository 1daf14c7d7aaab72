import Gateway
import HTTPTypes
import JOSE
import NKeys
import Vocabulary

/// What leaves for servers and clients of NATS: files, credentials, the configuration of servers, tokens for a time.
struct NATSHandingRoutes {
    let gateway: Gateway

    var routes: [Route] { [export, serverConfiguration, credentials, temporary] }

    private static let ofOperator = Route.Parameter("operator", "By name or id; needed where there are several.")

    private var export: Route {
        Route(
            .post, NATSRoutes.place + "/export", "exportNATS", "Hands out an operator's tokens and seeds as files",
            details: "The answer holds secrets; that it was given is journalled.", tag: "nats",
            access: NATSRoutes.access("export"),
            query: [
                Self.ofOperator,
                Route.Parameter(
                    "format", "flat, nsc or nsc-tool; flat without it.",
                    .words(NATSExportFormat.allCases.map(\.rawValue))),
            ], response: NATSSchema.files, repetition: .refused
        ) { request in
            let format = request.query["format"].flatMap(NATSExportFormat.init) ?? .flat
            let plan = try await gateway.nats.export(
                format, of: request.query["operator"], by: try request.caller(gateway))
            return APIResponse(body: ["files": .list(plan.files.map(\.json))])
        }
    }

    private var serverConfiguration: Route {
        Route(
            .get, NATSRoutes.place + "/server-configuration", "getNATSServerConfiguration",
            "Shows what a server of an operator is configured with", tag: "nats", access: NATSRoutes.access("read"),
            query: [
                Self.ofOperator,
                Route.Parameter(
                    "directory", "Where it keeps accounts it is told of; without it they are all here."),
            ], media: ["text/plain"]
        ) { request in
            let text = try await gateway.nats.serverConfiguration(
                of: request.query["operator"], directory: request.query["directory"], in: try request.requiredTenant)
            return .text(text, "text/plain")
        }
    }

    private var credentials: Route {
        Route(
            .post, NATSRoutes.place + "/users/{user}/credentials", "exportNATSUser", "Hands out a user's credentials",
            details: "The answer holds a secret; that it was given is journalled.", tag: "nats",
            access: NATSRoutes.access("export"), response: .object(["credentials": .string()]), repetition: .refused
        ) { request in
            let text = try await gateway.nats.credentials(
                of: request.parameters["user"] ?? "", by: try request.caller(gateway))
            return APIResponse(body: ["credentials": text.json])
        }
    }

    private var temporary: Route {
        Route(
            .post, NATSRoutes.place + "/temporary-credentials", "createTemporaryNATSCredentials",
            "Signs a token for the time of an assignment of one's own",
            details: """
                The entitlement's metadata say under `nats` which account and what may be done there. The key pair is the \
                caller's own: its seed never comes here.
                """, tag: "nats", access: .authenticated, requestBody: NATSSchema.temporary,
            response: NATSSchema.handed, successStatus: 201
        ) { request in
            let caller = try request.caller(gateway)
            // Only a person has assignments to come by this.
            guard case .person(let person)? = caller.principal?.subject else {
                throw Refusal.forbidden(code: "nats.no_person")
            }
            let handed = try await gateway.nats.temporaryCredentials(
                try request.id("assignment"), publicKey: try request.text("public_key"), of: person, by: caller)
            return APIResponse(.created, body: handed.json, person: person)
        }
    }
}

extension PlannedFile {
    fileprivate var json: AttributeValue {
        ["path": .string(path), "mode": .string("0" + String(mode.rawValue, radix: 8)), "content": content.json]
    }
}

extension SecretOctets {
    fileprivate var json: AttributeValue { .string(withBytes { String(decoding: $0, as: UTF8.self) }) }
}
