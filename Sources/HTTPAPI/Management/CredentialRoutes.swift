import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// Single-use links, the judgement of a password, and the rotation of keys.
struct CredentialRoutes {
    let gateway: Gateway

    var routes: [Route] {
        [
            Route(
                .post, "/api/v1/links", "createLink", "Makes a single-use link; its address is in this answer only",
                tag: "links", access: .permission(action: "invite", type: "person"),
                requestBody: .object(
                    ["purpose": .words(["setup", "invitation", "password_reset"]), "person": .string()],
                    optional: ["person"]), response: .any, successStatus: 201, handler: createLink),
            Route(
                .post, "/api/v1/people/{person}/password-check", "checkPassword",
                "Judges a candidate for a person without storing anything", tag: "people",
                access: .permission(action: "update", type: "person"),
                requestBody: .object(["password": .string(maxLength: 1_024)]), response: .any, handler: checkPassword),
            Route(
                .post, "/api/v1/keys/{purpose}/rotate", "rotateKey", "Makes a new key active for a purpose",
                tag: "keys", access: .permission(action: "rotate", type: "key"), successStatus: 204
            ) { request in
                guard let key = RotatableKey(rawValue: request.parameters["purpose"] ?? "") else {
                    throw Refusal.notFound
                }
                try await gateway.rotateKey(key, by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    @Sendable private func createLink(_ request: APIRequest) async throws -> APIResponse {
        try request.allow(["purpose", "person"])
        let words: [String: LinkPurpose] = [
            "setup": .setup, "invitation": .invitation, "password_reset": .passwordReset,
        ]
        guard let purpose = words[try request.text("purpose")] else {
            throw Fault("body.invalid", .caller, "`purpose` must be setup, invitation or password_reset.")
        }
        // A set-up link makes an administrator, so it is for the machine's own administrator alone.
        if purpose == .setup, !request.isOperator { throw Refusal.forbidden(code: "management.not_permitted") }
        let tenant = try request.requiredTenant
        let person: PersonID? =
            if let name = try request.optionalText("person") {
                try await gateway.people.person(named: name, in: tenant).id
            } else { nil }
        let made = try await gateway.credentials.createLink(
            for: purpose, person: person, lifetime: gateway.configuration.login.linkLifetime,
            by: try request.caller(gateway))
        return APIResponse(
            .created,
            body: [
                "id": made.link.id.json, "url": .string(gateway.linkURL(made.token, in: tenant).reveal()),
                "expires_at": made.link.expiresAt.json,
            ])
    }

    @Sendable private func checkPassword(_ request: APIRequest) async throws -> APIResponse {
        try request.allow(["password"])
        let tenant = try request.requiredTenant
        let person = try await gateway.people.person(named: request.parameters["person"] ?? "", in: tenant)
        let verdict = try await gateway.credentials.check(
            SecretText(try request.text("password")), for: person.id, in: tenant)
        return APIResponse(
            body: [
                "acceptable": .bool(verdict.violations.isEmpty),
                "violations": .list(verdict.violations.map { .string($0.explanation) }),
            ])
    }
}
