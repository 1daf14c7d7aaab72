import ArgumentParser
import Fetch
import Vocabulary

struct GroupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "group", abstract: "Groups.", subcommands: [List.self])

    struct List: APICommand {
        static let configuration = CommandConfiguration(abstract: "Lists groups with their upstream keys.")
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            APIAnswer(
                try await client.all("/api/v1/groups?limit=200"),
                columns: ["NAME": "name", "UPSTREAM KEY": "upstream_key", "MANAGED BY": "managed_by", "ID": "id"])
        }
    }
}

struct RoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Roles, and who holds them directly.",
        subcommands: [List.self, Assign.self, Revoke.self, Assignments.self])

    struct List: APICommand {
        static let configuration = CommandConfiguration(abstract: "Lists roles.")
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            APIAnswer(
                try await client.all("/api/v1/roles"),
                columns: [
                    "NAME": "name", "DESCRIPTION": "description", "MFA": "requires_mfa", "MANAGED BY": "managed_by",
                ])
        }
    }

    struct Assign: APICommand {
        static let configuration = CommandConfiguration(abstract: "Gives a role to a person or a service account.")
        @Argument(help: "The role's name.") var role: String
        @Argument(help: "The person's login, mail or id; with --service-account that account's name.") var subject:
            String
        @Flag(help: "The subject is a service account.") var serviceAccount = false
        @Option(help: "When it ends, as an RFC 3339 date-time.") var expires: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            var body: [String: AttributeValue] = [
                "role": .string(role), serviceAccount ? "service_account" : "person": .string(subject),
            ]
            if let expires { body["expires_at"] = .string(expires) }
            let made = try await client.call(.post, "/api/v1/assignments", .object(body))
            return APIAnswer(made, "\(subject) holds \(role) now (assignment \(made.cell("id"))).")
        }
    }

    struct Revoke: APICommand {
        static let configuration = CommandConfiguration(abstract: "Takes an assigned role away.")
        @Argument(help: "The assignment's id, from `role assignments`.") var assignment: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            try await client.call(.delete, "/api/v1/assignments/\(ControlClient.encode(assignment))")
            return APIAnswer(["revoked": .string(assignment)], "Taken away.")
        }
    }

    struct Assignments: APICommand {
        static let configuration = CommandConfiguration(abstract: "Lists roles that were given directly.")
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            APIAnswer(
                try await client.all("/api/v1/assignments"),
                columns: [
                    "ID": "id", "ROLE": "role", "SUBJECT": "subject.id", "GIVEN BY": "granted_by", "ENDS": "expires_at",
                ])
        }
    }
}

struct TenantCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "Tenants.",
        subcommands: [Add.self, List.self, Rename.self, Disable.self, Enable.self])

    struct Add: APICommand {
        static let configuration = CommandConfiguration(abstract: "Adds a tenant with its predefined roles.")
        @Argument(help: "Its name in addresses: lower-case letters, digits and hyphens.") var slug: String
        @Argument(help: "Its name for people.") var name: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let made = try await client.call(.post, "/api/v1/tenants", ["slug": .string(slug), "name": .string(name)])
            return APIAnswer(made, "Added the tenant \(slug), \(made.cell("id")).")
        }
    }

    struct List: APICommand {
        static let configuration = CommandConfiguration(abstract: "Lists tenants.")
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            APIAnswer(
                try await client.all("/api/v1/tenants"),
                columns: ["SLUG": "slug", "NAME": "name", "DISABLED": "disabled", "ID": "id"])
        }
    }

    struct Rename: APICommand {
        static let configuration = CommandConfiguration(abstract: "Changes a tenant's slug, its name, or both.")
        @Argument(help: "The present slug.") var slug: String
        @Option(help: "The new slug.") var newSlug: String?
        @Option(help: "The new name.") var name: String?
        @OptionGroup var options: APIOptions

        func validate() throws {
            if newSlug == nil, name == nil { throw ValidationError("Give --new-slug, --name or both.") }
        }

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            var body: [String: AttributeValue] = [:]
            if let newSlug { body["slug"] = .string(newSlug) }
            if let name { body["name"] = .string(name) }
            let path = "/api/v1/tenants/\(ControlClient.encode(slug))"
            return APIAnswer(try await client.call(.patch, path, .object(body)), "Renamed.")
        }
    }

    struct Disable: APICommand {
        static let configuration = CommandConfiguration(abstract: "Refuses everything of a tenant.")
        @Argument(help: "The tenant's slug.") var slug: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let path = "/api/v1/tenants/\(ControlClient.encode(slug))"
            return APIAnswer(try await client.call(.patch, path, ["disabled": true]), "Disabled \(slug).")
        }
    }

    struct Enable: APICommand {
        static let configuration = CommandConfiguration(abstract: "Lets a disabled tenant in again.")
        @Argument(help: "The tenant's slug.") var slug: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let path = "/api/v1/tenants/\(ControlClient.encode(slug))"
            return APIAnswer(try await client.call(.patch, path, ["disabled": false]), "Enabled \(slug).")
        }
    }
}
