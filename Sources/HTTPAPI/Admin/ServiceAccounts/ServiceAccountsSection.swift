import Gateway
import Identity
import Vocabulary

extension AdminSection {
    /// Service accounts and their keys.
    static let serviceAccounts = AdminSection(
        slug: "service-accounts", title: "Service accounts", chapter: .system,
        access: .permission(action: "read", type: "service_account"),
        routes: [
            .page("/service-accounts", .permission(action: "read", type: "service_account"), ServiceAccountPages.list),
            .form(
                "/service-accounts/new", .permission(action: "create", type: "service_account"),
                ServiceAccountPages.askNew, submit: ServiceAccountPages.create),
            .page(
                "/service-accounts/{account}", .permission(action: "read", type: "service_account"),
                ServiceAccountPages.show),
            .form(
                "/service-accounts/{account}/disable", .permission(action: "update", type: "service_account"),
                ServiceAccountPages.askDisabling
            ) { call, _ in try await ServiceAccountPages.set(isDisabled: true, call) },
            .form(
                "/service-accounts/{account}/enable", .permission(action: "update", type: "service_account"),
                ServiceAccountPages.askEnabling
            ) { call, _ in try await ServiceAccountPages.set(isDisabled: false, call) },
            .form(
                "/service-accounts/{account}/keys/new", .permission(action: "update", type: "service_account"),
                ServiceAccountPages.askKey, submit: ServiceAccountPages.makeKey),
            .form(
                "/service-accounts/{account}/keys/{key}/revoke",
                .permission(action: "update", type: "service_account"), ServiceAccountPages.askRevocation,
                submit: ServiceAccountPages.revoke),
        ],
        notices: [
            "created": "The account is made. It can do nothing until somebody gives it a role and a key.",
            "disabled": "The account is disabled, and all its keys are refused.",
            "enabled": "Its keys are accepted again.",
            "revoked": "The key is refused from now on.",
        ])
}

enum ServiceAccountPages {
    private static let home = AdminPage.Step("Service accounts", "/service-accounts")

    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let accounts = try await call.gateway.serviceAccounts.list(in: call.tenant)
        let page = try call.page()
        let part = try call.cut(whole: accounts, page) { $0.name }
        let table = AdminTable("Service accounts", columns: ["Name", "State", "Made", "Kept by"], part, call) {
            account in
            [
                AdminValue(account.name, to: "/service-accounts/\(account.id)").hinted(account.description),
                state(of: account), AdminValue(account.createdAt), AdminValue(PeoplePages.keeper(account.managedBy)),
            ]
        }
        var blocks: [AdminBlock] = [.table(table)]
        if try await call.may("create", "service_account") {
            blocks.insert(.actions([AdminAction("New account", to: "/service-accounts/new")]), at: 0)
        }
        return AdminPage(heading: "Service accounts", blocks: blocks)
    }

    private static func state(of account: ServiceAccount) -> AdminValue {
        account.isDisabled ? .badge("disabled", .bad) : .badge("active", .good)
    }

    private static func account(_ call: AdminCall) async throws -> ServiceAccount {
        let id: ServiceAccountID = try call.id("account")
        return try await call.gateway.serviceAccounts.account(named: id.description, in: call.tenant)
    }

    private static func place(_ account: ServiceAccount) -> String { "/service-accounts/\(account.id)" }

    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let account = try await account(call)
        let mayChange = try await call.may("update", "service_account")
        var page = AdminPage(heading: account.name, lead: account.description, trail: [home])
        if mayChange {
            page.blocks.append(
                .actions([
                    AdminAction("New key", to: place(account) + "/keys/new"),
                    account.isDisabled
                        ? AdminAction("Enable", to: place(account) + "/enable")
                        : AdminAction("Disable", to: place(account) + "/disable", isDanger: true),
                ]))
        }
        page.blocks.append(
            .facts(
                AdminFacts(
                    "The account",
                    [
                        ("State", state(of: account)), ("Made", AdminValue(account.createdAt)),
                        ("Kept by", AdminValue(PeoplePages.keeper(account.managedBy))),
                        ("Number", .code(account.id.description)),
                    ])))
        if try await call.may("read", "role") { page.blocks.append(.table(try await roles(of: account, call))) }
        page.blocks.append(.table(try await keys(of: account, mayChange, call)))
        return page
    }

    private static func roles(of account: ServiceAccount, _ call: AdminCall) async throws -> AdminTable {
        let names = try await call.gateway.roles.roles(in: call.tenant).namesByID
        let held = try await call.gateway.roles.assignments(
            in: call.tenant, of: .serviceAccount(account.id), limit: 200)
        return AdminTable(
            "Roles", columns: ["Role", "Given", "Until"],
            rows: held.map { assignment in
                [
                    AdminValue(names[assignment.role] ?? assignment.role.description, to: "/roles/\(assignment.role)"),
                    AdminValue(assignment.grantedAt), assignment.expiresAt.map { AdminValue($0) } ?? "taken away",
                ]
            }, empty: "No role is held.")
    }

    private static func keys(
        of account: ServiceAccount, _ mayChange: Bool, _ call: AdminCall
    ) async throws -> AdminTable {
        let keys = try await call.gateway.serviceAccounts.keys(of: account.id, in: call.tenant)
        let page = try call.page()
        let part = try call.cut(whole: keys, page) { $0.id.description }
        let columns = ["Key", "Narrowed to", "State", "Last used"] + (mayChange ? ["Do"] : [])
        return AdminTable("Keys", columns: columns, part, call, empty: "It has no key.") { key in
            let row = [
                AdminValue(key.name), key.scopes.map { .list($0.map { .code($0) }) } ?? "nothing",
                state(of: key, call.now), AdminValue(key.lastUsedAt),
            ]
            guard mayChange else { return row }
            let revoke = AdminAction(
                "Revoke", to: place(account) + "/keys/\(key.id)/revoke", isDanger: true,
                name: "Revoke the key \(key.name)")
            return row + [key.revokedAt == nil ? AdminValue(lines: []).with([revoke]) : "–"]
        }
    }

    private static func state(of key: APIKey, _ now: Timestamp) -> AdminValue {
        if let revoked = key.revokedAt { return .badge("revoked", .bad).hinted(revoked.reading) }
        if key.expiresAt <= now { return .badge("expired", .plain).hinted(key.expiresAt.reading) }
        return .badge("valid", .good).hinted("until \(key.expiresAt.reading)")
    }

    // MARK: Changing

    @Sendable static func askNew(_ call: AdminCall) async throws -> AdminPage {
        let form = AdminForm(
            to: call.place,
            fields: [
                AdminField("name", "Name", value: call.value("name"), isRequired: true, limit: 128),
                AdminField("description", "What it is for", value: call.value("description"), limit: 1_024),
            ], buttons: [.init("Make the account")], cancel: "/service-accounts")
        return AdminPage(heading: "New service account", trail: [home], blocks: [.form(form)])
    }

    @Sendable static func create(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        guard let name = form.text("name") else { throw AdminRefusal("It needs a name.", field: "name") }
        let account = try await call.gateway.serviceAccounts.create(
            name: name, description: form.text("description"), by: call.caller)
        return .moved(to: place(account), notice: "created")
    }

    @Sendable static func askDisabling(_ call: AdminCall) async throws -> AdminPage {
        let account = try await account(call)
        return .question(
            "Disable \(account.name)?", "All its keys are refused at once.",
            trail: [home, .init(account.name, place(account))], at: call.place, button: "Disable", back: place(account))
    }

    @Sendable static func askEnabling(_ call: AdminCall) async throws -> AdminPage {
        let account = try await account(call)
        return .question(
            "Enable \(account.name)?", "Its keys are accepted again.",
            trail: [home, .init(account.name, place(account))], at: call.place, button: "Enable", back: place(account))
    }

    static func set(isDisabled: Bool, _ call: AdminCall) async throws -> AdminOutcome {
        let account = try await account(call)
        try await call.gateway.serviceAccounts.setDisabled(account.id, isDisabled, by: call.caller)
        return .moved(to: place(account), notice: isDisabled ? "disabled" : "enabled")
    }

    // MARK: Keys

    @Sendable static func askKey(_ call: AdminCall) async throws -> AdminPage {
        let account = try await account(call)
        let form = AdminForm(
            to: call.place,
            fields: [
                AdminField("name", "What the key is for", value: call.value("name"), isRequired: true, limit: 128),
                AdminField(
                    "scopes", "Narrowed to", value: call.value("scopes"),
                    hint: "Such as person:read decision:*, with spaces between; empty for all that the account may do.",
                    limit: 4_096),
                AdminField(
                    "days", "Valid for days", .number, value: call.value("days", stored: "90"), isRequired: true),
            ], buttons: [.init("Make the key")], cancel: place(account))
        return AdminPage(
            heading: "New key", lead: "The key is shown once.", trail: [home, .init(account.name, place(account))],
            blocks: [.form(form)])
    }

    @Sendable static func makeKey(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let account = try await account(call)
        guard let name = form.text("name") else { throw AdminRefusal("It needs a name.", field: "name") }
        guard let days = Int(form["days"] ?? ""), (1...366).contains(days) else {
            throw AdminRefusal("A key is valid for 1 to 366 days.", field: "days")
        }
        // One gives only what one holds, as at the API.
        try await call.gateway.roles.requireHeld(standingOf: .serviceAccount(account.id), by: call.caller)
        let scopes = form.text("scopes").map { $0.split(separator: " ").map(String.init) }
        let made = try await call.gateway.serviceAccounts.makeKey(
            for: account.id, name: name, scopes: scopes, lifetime: .days(days), by: call.caller)
        var page = AdminPage(
            heading: "The key", lead: "Keep it now: it is not shown again.",
            trail: [home, .init(account.name, place(account))])
        page.blocks = [
            .listing(AdminListing("Key of \(account.name)", text: made.token.reveal())),
            .actions([AdminAction("Done", to: place(account))]),
        ]
        return .shown(page)
    }

    @Sendable static func askRevocation(_ call: AdminCall) async throws -> AdminPage {
        let account = try await account(call)
        let id: APIKeyID = try call.id("key")
        let keys = try await call.gateway.serviceAccounts.keys(of: account.id, in: call.tenant)
        guard let key = keys.first(where: { $0.id == id }) else { throw Refusal.notFound }
        return .question(
            "Revoke the key \(key.name)?", "Whatever uses it is refused at once.",
            trail: [home, .init(account.name, place(account))], at: call.place, button: "Revoke", back: place(account))
    }

    @Sendable static func revoke(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let account = try await account(call)
        try await call.gateway.serviceAccounts.revokeKey(try call.id("key"), of: account.id, by: call.caller)
        return .moved(to: place(account), notice: "revoked")
    }
}
