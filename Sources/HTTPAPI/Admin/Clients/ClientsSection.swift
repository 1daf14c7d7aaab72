import Gateway
import Identity
import JOSE
import OAuth
import Vocabulary

extension AdminSection {
    /// Applications and services that get tokens.
    static let clients = AdminSection(
        slug: "clients", title: "Applications", chapter: .system, access: .permission(action: "read", type: "client"),
        routes: [
            .page("/clients", .permission(action: "read", type: "client"), ClientPages.list),
            .form(
                "/clients/new", .permission(action: "create", type: "client"), ClientPages.askNew,
                submit: ClientPages.create),
            .page("/clients/{client}", .permission(action: "read", type: "client"), ClientPages.show),
            .page("/clients/{client}/preview", .permission(action: "read", type: "client"), ClientPages.preview),
            .form(
                "/clients/{client}/disable", .permission(action: "update", type: "client"), ClientPages.askDisabling
            ) { call, _ in try await ClientPages.set(isDisabled: true, call) },
            .form(
                "/clients/{client}/enable", .permission(action: "update", type: "client"), ClientPages.askEnabling
            ) { call, _ in try await ClientPages.set(isDisabled: false, call) },
            .form(
                "/clients/{client}/secret", .permission(action: "update", type: "client"), ClientPages.askSecret,
                submit: ClientPages.makeSecret),
        ],
        notices: [
            "created": "The application is made.",
            "disabled": "It is switched off, and everything that it was granted has ended.",
            "enabled": "It may ask for tokens again.",
        ])
}

/// What administrators see and do of clients; everything beyond it is the API's and the command line's.
enum ClientPages {
    private static let home = AdminPage.Step("Applications", "/clients")

    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let part = try call.cut(whole: call.gateway.clientService.list(in: call.tenant), page) { $0.name }
        let table = AdminTable(
            "Applications and services", columns: ["Name", "What it does", "State", "Kept by"], part, call,
            empty: "No application is known yet."
        ) { client in
            [
                AdminValue(client.title, to: place(client)).hinted(client.name),
                .list(client.metadata.grantTypes.map { AdminValue(words($0)) }.sorted { "\($0)" < "\($1)" }),
                shown(client).state, AdminValue(keeper(client)),
            ]
        }
        var blocks: [AdminBlock] = [.table(table)]
        if try await call.may("create", "client") {
            blocks.insert(.actions([AdminAction("New application", to: "/clients/new")]), at: 0)
        }
        return AdminPage(
            heading: "Applications",
            lead: "People sign in to these here, and services get tokens for them. A preview shows what one would get.",
            blocks: blocks)
    }

    private static func place(_ client: OAuthClient) -> String { "/clients/\(client.id)" }

    private static func client(_ call: AdminCall) throws -> OAuthClient {
        let id: ClientID = try call.id("client")
        return try call.gateway.clientService.client(id.description, in: call.tenant)
    }

    private static func shown(_ client: OAuthClient) -> AdminApplication {
        AdminApplication(title: client.title, isDisabled: client.isDisabled, place: place(client), home: home)
    }

    private static func keeper(_ client: OAuthClient) -> String {
        client.isStranger ? "itself" : PeoplePages.keeper(client.managedBy)
    }

    private static func words(_ grant: GrantType) -> String {
        switch grant {
        case .authorizationCode: "signs people in"
        case .refreshToken: "goes on while they are away"
        case .clientCredentials: "acts in its own name"
        case .deviceCode: "is connected by a code"
        case .tokenExchange: "exchanges tokens"
        }
    }

    // MARK: One application

    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let client = try client(call)
        var page = AdminPage(heading: client.title, trail: [home])
        if try await call.may("update", "client") { page.blocks.append(.actions(actions(on: client))) }
        page.blocks.append(.facts(AdminFacts("The application", facts(of: client, call))))
        if let signals = try await SignalBlocks.streams(of: client, call) { page.blocks.append(signals) }
        page.blocks.append(.filter(askPreview(client, call)))
        return page
    }

    private static func actions(on client: OAuthClient) -> [AdminAction] {
        var actions: [AdminAction] = []
        if client.metadata.authentication.usesSecret, client.managedBy == .api {
            actions.append(AdminAction("New secret", to: place(client) + "/secret"))
        }
        return actions + [shown(client).switching]
    }

    private static func facts(of client: OAuthClient, _ call: AdminCall) -> [(name: String, value: AdminValue)] {
        let metadata = client.metadata
        var rows: [(name: String, value: AdminValue)] = [
            ("State", shown(client).state), ("client_id", .code(client.name)),
            ("Issuer", .code(call.gateway.tenants.publicURL(of: call.tenant))),
            ("Proves itself by", AdminValue(metadata.authentication.rawValue)),
            ("What it does", .list(metadata.grantTypes.map(words).sorted().map { AdminValue($0) })),
            ("Redirect URIs", .list(metadata.redirectURIs.map { .code($0.text) })),
            ("Scopes", .list(metadata.scope.names.sorted().map { .code($0) })),
            ("Resources", .list(metadata.resources.map { .code($0) })),
            ("People are asked", AdminValue(client.settings.asksConsent ? "once, and again for what is new" : "no")),
            ("Access tokens", AdminValue(metadata.accessTokenFormat.rawValue)),
            ("ID tokens are signed by", AdminValue(metadata.idTokenAlgorithm.rawValue)),
            ("Kept by", AdminValue(keeper(client))), ("Made", AdminValue(client.createdAt)),
        ]
        if let subject = metadata.certificateSubject?.member {
            rows.append(("Its certificate says", .code("\(subject.name) = \(subject.value)")))
        }
        let bound = [
            metadata.requiresDPoP ? "a key that it proves" : nil,
            metadata.bindsTokensToCertificate ? "the certificate of its connections" : nil,
        ].compactMap(\.self)
        if !bound.isEmpty { rows.append(("Tokens are bound to", .list(bound.map { AdminValue($0) }))) }
        if let address = metadata.backchannelLogoutURI { rows.append(("Hears of sign-outs at", .code(address))) }
        let claims = client.settings.claims.sorted { $0.key < $1.key }
        if !claims.isEmpty {
            rows.append(("Claims of its own", .list(claims.map { .code("\($0.key) = \($0.value.word)") })))
        }
        return rows
    }

    // MARK: What it would get

    private static func askPreview(_ client: OAuthClient, _ call: AdminCall) -> AdminFilter {
        AdminFilter(
            at: place(client) + "/preview",
            [
                AdminField("person", "What would it get of", value: call.filter("person") ?? "", hint: "A login."),
                AdminField(
                    "scope", "Asking for", value: call.filter("scope") ?? "",
                    hint: "Scopes with spaces between; everything that it may where this is empty."),
            ], button: "Show")
    }

    @Sendable static func preview(_ call: AdminCall) async throws -> AdminPage {
        let client = try client(call)
        var page = AdminPage(
            heading: "What \(client.title) would get", trail: shown(client).trail,
            blocks: [.filter(askPreview(client, call))])
        guard let login = call.filter("person") else { return page }
        guard let person = try? await call.gateway.people.person(named: login, in: call.tenant) else {
            page.blocks.append(.text(AdminText(nil, ["Nobody here has this login."], tone: .caution)))
            return page
        }
        let scope = call.filter("scope").map { ScopeSet($0) ?? .empty }
        let preview = try await call.gateway.preview(client, of: person.id, scope: scope)
        page.blocks.append(
            shown(client).verdict(on: person, mayEnter: preview.mayEnter, reasons: preview.reasons))
        page.blocks.append(.facts(AdminFacts("Scopes", scopes(preview))))
        for (title, claims) in [
            ("At userinfo", preview.userInfo), ("In the ID token", preview.idToken),
            ("In a signed access token", preview.accessToken),
        ] where claims.count > 0 {
            let text = AttributeValue(.object(claims)).pretty
            page.blocks.append(.listing(AdminListing(title, text: text)))
        }
        return page
    }

    private static func scopes(_ preview: ClientPreview) -> [(name: String, value: AdminValue)] {
        preview.scope.names.sorted().map { ($0, AdminValue.badge("granted", .good)) }
            + preview.refused.sorted { $0.key < $1.key }.map { name, reason in
                (name, AdminValue.badge("taken away", .bad).hinted(adminWords(reason)))
            }
    }

    // MARK: Changing

    @Sendable static func askNew(_ call: AdminCall) async throws -> AdminPage {
        let form = AdminForm(
            to: call.place,
            fields: [
                AdminField("client_id", "client_id", value: call.value("client_id"), isRequired: true, limit: 256),
                AdminField("name", "What people read", value: call.value("name"), limit: 256),
                AdminField(
                    "redirect_uris", "Redirect URIs", .area(rows: 3), value: call.value("redirect_uris"),
                    hint: "Where people come back to, byte for byte; one on each line.", isRequired: true),
                AdminField(
                    "scope", "Scopes", value: call.value("scope", stored: "openid profile email offline_access"),
                    hint: "What it may ask for, with spaces between.", limit: 2_048),
                AdminField(
                    "kind", "It can keep a secret",
                    .choice([.init("server", "Yes: a server"), .init("public", "No: a page or a program")]),
                    value: call.value("kind", stored: "server")),
                AdminField(
                    "consent", "People are asked before it learns about them", .check,
                    value: call.value("consent", stored: "on")),
            ], buttons: [.init("Make the application")], cancel: "/clients")
        return AdminPage(
            heading: "New application",
            lead: "A secret is shown once. Services and devices are made by the command line.",
            trail: [home], blocks: [.form(form)])
    }

    @Sendable static func create(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        guard let name = form.text("client_id") else { throw AdminRefusal("It needs a client_id.", field: "client_id") }
        let addresses = (form["redirect_uris"] ?? "").split(whereSeparator: \.isNewline)
            .map { String($0).trimmingSpaces() }.filter { !$0.isEmpty }
        var metadata: [String: AttributeValue] = [
            "redirect_uris": .list(addresses.map(AttributeValue.string)),
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": form["kind"] == "public" ? "none" : "client_secret_basic",
        ]
        if let scope = form.text("scope") { metadata["scope"] = .string(scope) }
        if let title = form.text("name") { metadata["client_name"] = .string(title) }
        var settings = ClientSettings()
        settings.asksConsent = form["consent"] == "on"
        let (client, secret) = try await call.gateway.clientService.create(name, metadata, settings, by: call.caller)
        guard let secret else { return .moved(to: place(client), notice: "created") }
        return .shown(paste(client, secret, call))
    }

    /// What goes into the application, the secret this once.
    private static func paste(_ client: OAuthClient, _ secret: SecretText, _ call: AdminCall) -> AdminPage {
        let issuer = call.gateway.tenants.publicURL(of: call.tenant)
        let lines = [
            "issuer         \(issuer)", "discovery      \(issuer)/.well-known/openid-configuration",
            "client_id      \(client.name)", "client_secret  \(secret.reveal())",
        ]
        return AdminPage(
            heading: "Paste into \(client.title)", lead: "Keep the secret now: it is not shown again.",
            trail: shown(client).trail,
            blocks: [
                .listing(AdminListing("For the application", text: lines.joined(separator: "\n"))),
                .actions([AdminAction("Done", to: place(client))]),
            ])
    }

    @Sendable static func askDisabling(_ call: AdminCall) async throws -> AdminPage {
        shown(try client(call)).question(
            isDisabled: true, "Everything that it was granted ends at once, and nobody signs in to it.", at: call.place)
    }

    @Sendable static func askEnabling(_ call: AdminCall) async throws -> AdminPage {
        shown(try client(call)).question(
            isDisabled: false, "It may ask for tokens again; what had ended stays ended.", at: call.place)
    }

    static func set(isDisabled: Bool, _ call: AdminCall) async throws -> AdminOutcome {
        let client = try client(call)
        try await call.gateway.clientService.setDisabled(client.name, isDisabled, by: call.caller)
        return shown(client).switched(isDisabled: isDisabled)
    }

    @Sendable static func askSecret(_ call: AdminCall) async throws -> AdminPage {
        let client = try client(call)
        return .question(
            "Make a new secret for \(client.title)?",
            "The present one is refused from now on. The command line lets both work for a while.",
            trail: shown(client).trail, at: call.place, button: "Make a new secret",
            back: place(client))
    }

    @Sendable static func makeSecret(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let client = try client(call)
        let secret = try await call.gateway.clientService.makeSecret(client.name, oldEnds: nil, by: call.caller)
        return .shown(paste(client, secret, call))
    }
}
