import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// Single-use links, and the judgement of a password.
struct CredentialRoutes {
    let gateway: Gateway

    var routes: [Route] {
        [
            Route(
                .post, "/api/v1/links", "createLink", "Makes a single-use link; its address is in this answer only",
                details: "A set-up link makes an administrator, so it is made on the machine itself only.",
                tag: "links", access: .permission(action: "invite", type: "person"),
                requestBody: .object(
                    [
                        "purpose": .words(["setup", "invitation", "password_reset"]),
                        "person": .string(minLength: 1, maxLength: 254).described("Id, login or mail."),
                    ],
                    optional: ["person"]),
                response: .object(["id": .uuid, "url": .string(), "expires_at": .time]), successStatus: 201,
                repetition: .refused, handler: createLink),
            Route(
                .post, "/api/v1/people/{person}/password-check", "checkPassword",
                "Judges a candidate password for a person without storing anything",
                details: """
                    By length, composition, block lists and the person's own words, not by the passwords they have or \
                    had: those are compared only when they change it. The caller holds what the person holds.
                    """,
                tag: "people",
                access: .permission(action: "update", type: "person"),
                requestBody: .object(["password": .string(maxLength: 1_024)]),
                response: .object(["acceptable": .boolean, "violations": APISchemas.texts]), repetition: .harmless,
                handler: checkPassword),
        ]
    }

    @Sendable private func createLink(_ request: APIRequest) async throws -> APIResponse {
        let words: [String: LinkPurpose] = [
            "setup": .setup, "invitation": .invitation, "password_reset": .passwordReset,
        ]
        guard let purpose = words[try request.text("purpose")] else {
            throw Fault("body.invalid", .caller, "`purpose` must be setup, invitation or password_reset.")
        }
        // A set-up link makes an administrator, so it is for the machine's own administrator alone.
        if purpose == .setup, !request.isOperator { throw Refusal.forbidden(code: "management.not_permitted") }
        let tenant = try request.requiredTenant
        let caller = try request.caller(gateway)
        let person: PersonID? =
            if let name = try request.optionalText("person") {
                try await gateway.people.person(named: name, in: tenant).id
            } else { nil }
        // Whoever opens the link becomes this person.
        if let person { try await gateway.roles.requireHeld(standingOf: .person(person), by: caller) }
        let made = try await gateway.credentials.createLink(
            for: purpose, person: person, lifetime: gateway.configuration.login.linkLifetime, by: caller)
        return APIResponse(
            .created,
            body: [
                "id": made.link.id.json, "url": .string(gateway.linkURL(made.token, in: tenant).reveal()),
                "expires_at": made.link.expiresAt.json,
            ])
    }

    @Sendable private func checkPassword(_ request: APIRequest) async throws -> APIResponse {
        let tenant = try request.requiredTenant
        let person = try await gateway.people.person(named: request.parameters["person"] ?? "", in: tenant)
        try await gateway.roles.requireHeld(standingOf: .person(person.id), by: try request.caller(gateway))
        let verdict = try await gateway.credentials.check(
            SecretText(try request.text("password")), for: person.id, in: tenant)
        return APIResponse(
            body: [
                "acceptable": .bool(verdict.violations.isEmpty),
                "violations": .list(verdict.violations.map { .string($0.explanation) }),
            ])
    }
}
