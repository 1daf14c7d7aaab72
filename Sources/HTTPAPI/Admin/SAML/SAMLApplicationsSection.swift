import Gateway
import Identity
import SAML
import Vocabulary

extension AdminSection {
    /// Applications that people sign in to by SAML.
    static let samlApplications = AdminSection(
        slug: "saml-applications", title: "SAML applications", chapter: .system,
        access: .permission(action: "read", type: "saml_application"),
        routes: [
            .page("/saml-applications", access("read"), SAMLApplicationPages.list),
            .form(
                "/saml-applications/new", access("create"), bodyLimit: SAMLApplicationPages.formLimit,
                SAMLApplicationPages.askNew,
                submit: SAMLApplicationPages.create),
            .page("/saml-applications/{application}", access("read"), SAMLApplicationPages.show),
            .page("/saml-applications/{application}/preview", access("read"), SAMLApplicationPages.preview),
            .form("/saml-applications/{application}/disable", access("update"), SAMLApplicationPages.askDisabling) {
                call, _ in try await SAMLApplicationPages.set(isDisabled: true, call)
            },
            .form("/saml-applications/{application}/enable", access("update"), SAMLApplicationPages.askEnabling) {
                call, _ in try await SAMLApplicationPages.set(isDisabled: false, call)
            },
        ],
        notices: [
            "disabled": "It is switched off, and nobody signs in to it.",
            "enabled": "People may sign in to it again.",
        ])

    private static func access(_ action: String) -> Route.Access {
        .permission(action: action, type: "saml_application")
    }
}

/// What administrators see and do of applications that speak SAML; everything beyond it is the API's and the command line's.
enum SAMLApplicationPages {
    /// A document that is pasted has its marks written as three characters each.
    static let formLimit = 4 * SAMLApplicationSettings.Limit.documentBytes

    static let home = AdminPage.Step("SAML applications", "/saml-applications")

    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let part = try call.cut(whole: call.gateway.samlApplicationService.list(in: call.tenant), page) {
            ASCII.percentEncode($0.entityID)
        }
        let table = AdminTable(
            "Applications that speak SAML", columns: ["Name", "Its metadata", "State", "Kept by"], part, call,
            empty: "No application that speaks SAML is known yet."
        ) { application in
            [
                AdminValue(application.title, to: place(application)).hinted(application.entityID),
                AdminValue(words(application.settings.metadata)), shown(application).state,
                AdminValue(PeoplePages.keeper(application.managedBy)),
            ]
        }
        var blocks: [AdminBlock] = [.table(table)]
        if try await call.may("create", "saml_application") {
            blocks.insert(.actions([AdminAction("New application", to: "/saml-applications/new")]), at: 0)
        }
        return AdminPage(
            heading: "SAML applications",
            lead: "People sign in to these here by SAML 2.0. A preview shows what one would be told of somebody.",
            blocks: blocks)
    }

    static func place(_ application: SAMLApplication) -> String { "/saml-applications/\(application.id)" }

    static func application(_ call: AdminCall) throws -> SAMLApplication {
        let id: SAMLApplicationID = try call.id("application")
        return try call.gateway.samlApplicationService.application(id.description, in: call.tenant)
    }

    static func shown(_ application: SAMLApplication) -> AdminApplication {
        AdminApplication(
            title: application.title, isDisabled: application.isDisabled, place: place(application), home: home)
    }

    private static func words(_ place: SAMLApplicationSettings.MetadataPlace) -> String {
        switch place {
        case .document: "were handed over"
        case .file: "in a file"
        case .address: "at an address"
        case .query: "asked of a responder"
        }
    }

    // MARK: One application

    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let application = try application(call)
        var page = AdminPage(heading: application.title, trail: [home])
        if try await call.may("update", "saml_application") {
            page.blocks.append(.actions([shown(application).switching]))
        }
        page.blocks.append(.facts(AdminFacts("The application", facts(of: application))))
        page.blocks.append(await metadata(of: application, call))
        page.blocks.append(.filter(askPreview(application, call)))
        page.blocks.append(try connection(call))
        return page
    }

    private static func facts(of application: SAMLApplication) -> [(name: String, value: AdminValue)] {
        let (settings, policy) = (application.settings, application.settings.policy)
        var rows: [(name: String, value: AdminValue)] = [
            ("State", shown(application).state), ("Entity id", .code(application.entityID)),
            ("People are named", AdminValue(name(policy, settings))),
            ("Told beyond the rules", codes(settings.attributes)),
            ("Signed are", AdminValue(signed(policy))),
            ("Assertions are encrypted", AdminValue(words(policy.encryption))),
            ("Its requests", AdminValue(policy.requiresSignedRequests ? "have to be signed" : "as its metadata say")),
            ("People come without its request", AdminValue(policy.allowsUnsolicited ? "yes" : "no")),
            ("Kept by", AdminValue(PeoplePages.keeper(application.managedBy))),
            ("Made", AdminValue(application.createdAt)),
        ]
        if let context = policy.minimumContext { rows.append(("People prove at least", .code(context))) }
        if !settings.affiliations.isEmpty { rows.append(("Belongs to", codes(settings.affiliations))) }
        if !settings.startTargets.isEmpty { rows.append(("May be sent on to", codes(settings.startTargets))) }
        return rows
    }

    private static func codes(_ texts: [String]) -> AdminValue {
        texts.isEmpty ? AdminValue("–") : .list(texts.map { .code($0) })
    }

    private static func name(_ policy: ServiceProviderPolicy, _ settings: SAMLApplicationSettings) -> String {
        if policy.omitsNameID { return "not at all; attributes say who it is" }
        guard let format = policy.nameIDFormat else { return "as its metadata and requests say" }
        switch format {
        case NameIDFormat.persistent: return "for good, by a name of this application's alone"
        case NameIDFormat.transient: return "anew each time"
        default: return "by \(settings.nameIDSource.word) (\(format))"
        }
    }

    private static func signed(_ policy: ServiceProviderPolicy) -> String {
        switch (policy.signsResponse, policy.signsAssertion) {
        case (true, true): "answers and assertions"
        case (true, false): "answers"
        default: "assertions"
        }
    }

    private static func words(_ encryption: ServiceProviderPolicy.Encryption) -> String {
        switch encryption {
        case .whenPossible: "where it has a key for it"
        case .always: "always"
        case .never: "never"
        }
    }

    /// Its metadata as they are now, or why they cannot be used.
    private static func metadata(of application: SAMLApplication, _ call: AdminCall) async -> AdminBlock {
        let entity: EntityDescriptor
        do { entity = try await application.entity() } catch {
            let reason = (error as? Fault)?.message ?? "They cannot be had."
            return .text(AdminText("Its metadata", ["Nobody can sign in to it: \(reason)"], tone: .bad))
        }
        let now = call.gateway.clock().seconds
        let role = entity.serviceProvider(at: now, skew: 0)
        var rows: [(name: String, value: AdminValue)] = [
            ("From", AdminValue(words(application.settings.metadata))),
            ("Answers go to", codes((role?.assertionConsumers ?? []).map(\.endpoint.location))),
            (
                "Asks for",
                codes(
                    (role?.requestedAttributes(index: nil) ?? []).map {
                        ($0.attribute.friendlyName ?? $0.attribute.name) + ($0.isRequired ? " (needed)" : "")
                    })
            ),
            ("Has a key to encrypt to", AdminValue((role?.role.encryptionKeys ?? []).isEmpty ? "no" : "yes")),
            ("Signs its requests", AdminValue(role?.signsRequests == true ? "yes" : "no")),
        ]
        if let end = [entity.validUntil, role?.role.validUntil].compactMap(\.self).min() {
            rows.append(("Good until", AdminValue(Timestamp(seconds: end))))
        }
        return .facts(AdminFacts("Its metadata", rows))
    }

    /// What goes into an application.
    static func connection(_ call: AdminCall) throws -> AdminBlock {
        let connection = try call.gateway.samlConnection(of: call.tenant)
        let lines = [
            "entity id  \(connection.entityID)", "metadata   \(connection.entityID)", "SSO        \(connection.signOn)",
            connection.certificatePEM ?? "certificate: none yet; name a key in saml.keys",
        ]
        return .listing(AdminListing("For the application", text: lines.joined(separator: "\n")))
    }

    static func askPreview(_ application: SAMLApplication, _ call: AdminCall) -> AdminFilter {
        AdminFilter(
            at: place(application) + "/preview",
            [AdminField("person", "What would it be told of", value: call.filter("person") ?? "", hint: "A login.")],
            button: "Show")
    }
}
