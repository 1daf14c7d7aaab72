import Gateway
import HTTPTypes
import Vocabulary

/// The keys of a tenant: which there are and what stands under them, their rotation, and the master key above them.
struct KeyRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] {
        [
            Route(
                .get, "/api/v1/keys", "listKeys", "Lists the tenant's keys, by purpose, oldest first",
                details: "Never their material. What stands under each is counted in whole tables: not for polling.",
                tag: "keys", access: .permission(action: "read", type: "key"), query: Route.Parameter.page,
                response: .page(.reference("Key"))
            ) { request in
                let keys = try await gateway.keyKeeper.keys(of: try request.requiredTenant)
                // Where nobody noted when the first was made, it is the oldest all the same.
                return try request.answer(
                    whole: keys, by: { "\($0.purpose) \($0.createdAt?.rfc3339 ?? "") \($0.id)" }, mac: mac, \.json)
            },
            Route(
                .post, "/api/v1/keys/{purpose}/rotate", "rotateKey", "Makes a new key active for a purpose",
                details: """
                    One of \(RotatableKey.allCases.map(\.rawValue).joined(separator: ", ")). What the old key sealed \
                    opens; it is sealed anew in the background, and the old key is destroyed when nothing needs it.
                    """,
                tag: "keys", access: .permission(action: "rotate", type: "key"), successStatus: 204
            ) { request in
                guard let key = RotatableKey(rawValue: request.parameters["purpose"] ?? "") else {
                    throw Refusal.notFound
                }
                try await gateway.rotateKey(key, by: try request.caller(gateway))
                return .noContent
            },
            Route(
                .post, "/api/v1/keys/reseal", "resealKeys", "Does now what the background does for old keys",
                details: "Seals anew what stands under them, and destroys those that nothing needs.", tag: "keys",
                access: .permission(action: "rotate", type: "key"), response: KeySchema.report, repetition: .harmless
            ) { request in
                let report = try await gateway.keyKeeper.tend(by: try request.caller(gateway))
                return APIResponse(body: report.json)
            },
            Route(
                .post, "/api/v1/keys/rewrap", "rewrapKeys", "Puts every key under a new master key",
                details:
                    "For `gatehouse key rewrap` on the machine itself, which puts the new key beside the present one.",
                tag: "keys", access: .permission(action: "rotate", type: "key"), isTenantScoped: false,
                response: .object(["changed": .boolean.described("False when it was in force already.")]),
                repetition: .harmless
            ) { request in
                if !request.isOperator { throw Refusal.forbidden(code: "management.not_permitted") }
                let isChanged = try await gateway.rewrapKeys(by: try request.caller(gateway))
                return APIResponse(body: ["changed": .bool(isChanged)])
            },
        ]
    }
}
