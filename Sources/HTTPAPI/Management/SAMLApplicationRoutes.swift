import Gateway
import HTTPTypes
import Identity
import SAML
import Vocabulary

/// Applications that speak SAML: service providers that people sign in to here.
struct SAMLApplicationRoutes {
    let gateway: Gateway
    let mac: MACFunction

    private static let place = "/api/v1/saml/applications"
    private static let one = place + "/{saml_application}"

    private static func access(_ action: String) -> Route.Access {
        .permission(action: action, type: "saml_application")
    }

    var routes: [Route] { reading + changing }

    private var reading: [Route] {
        [
            Route(
                .get, Self.place, "listSAMLApplications", "Lists applications that speak SAML, by entity id",
                tag: "saml", access: Self.access("read"), query: Route.Parameter.page,
                response: .page(.reference("SAMLApplication"))
            ) { request in
                let applications = gateway.samlApplicationService.list(in: try request.requiredTenant)
                // In ASCII: ids that differ in normalization only are two, and neither is lost between two pages.
                return try request.answer(
                    whole: applications, by: { ASCII.percentEncode($0.entityID) }, mac: mac, \.json)
            },
            Route(
                .get, Self.one, "getSAMLApplication",
                "Shows an application, its metadata as they are now, and what to paste into it", tag: "saml",
                access: Self.access("read"), response: SAMLApplicationSchema.whole
            ) { request in
                try await whole(try named(request))
            },
            Route(
                .get, Self.one + "/preview", "previewSAMLApplication",
                "Shows what an application would be told of a person, without anybody signing in",
                details: """
                    Attribute by attribute, with the rules that release and withhold it, and the name's format. The caller \
                    has to be allowed to `read` a `person` too.
                    """,
                tag: "saml", access: Self.access("read"),
                query: [Route.Parameter("person", "Who, by login or id; has to be said.")],
                response: SAMLApplicationSchema.preview, handler: preview),
        ]
    }

    private var changing: [Route] {
        [
            Route(
                .post, Self.place, "createSAMLApplication", "Adds an application, once its metadata have been read",
                details: """
                    One of `metadata_xml`, `metadata_url` and `metadata_query_url` says where the metadata are; the \
                    document that is handed over holds exactly one service provider. `entity_id` is needed beside \
                    `metadata_query_url`, and where an address tells of several.
                    """,
                tag: "saml", access: Self.access("create"), requestBody: SAMLApplicationSchema.made,
                response: SAMLApplicationSchema.whole, successStatus: 201, handler: create),
            Route(
                .patch, Self.one, "updateSAMLApplication", "Changes what is settled for an application",
                details: """
                    Members that are absent stay as they are, and null is the usual value. Saying where the metadata are \
                    reads them anew, and takes keys and addresses that have changed.
                    """,
                tag: "saml", access: Self.access("update"), requestBody: SAMLApplicationSchema.changed,
                response: .reference("SAMLApplication"), preconditions: .required
            ) { request in
                let present = try named(request)
                let application = try await gateway.samlApplicationService.change(
                    present.entityID, metadata: try metadata(request),
                    expecting: try request.expectedVersion(present.version),
                    by: try request.caller(gateway)
                ) { try $0.take(request) }
                return APIResponse(body: application.json, etag: EntityTag(version: application.version))
            },
            Route(
                .delete, Self.one, "deleteSAMLApplication", "Takes an application away", tag: "saml",
                access: Self.access("delete"), successStatus: 204
            ) { request in
                try await gateway.samlApplicationService.delete(
                    try named(request).entityID, by: try request.caller(gateway))
                return .noContent
            },
            state("disable", "Switches an application off: nobody signs in to it", isDisabled: true),
            state("enable", "Switches an application on again", isDisabled: false),
        ]
    }

    private func state(_ verb: String, _ summary: String, isDisabled: Bool) -> Route {
        Route(
            .post, Self.one + "/\(verb)", "\(verb)SAMLApplication", summary, tag: "saml",
            access: Self.access("update"), successStatus: 204
        ) { request in
            try await gateway.samlApplicationService.setDisabled(
                try named(request).entityID, isDisabled, by: try request.caller(gateway))
            return .noContent
        }
    }

    // MARK: Handlers

    private func named(_ request: APIRequest) throws -> SAMLApplication {
        try gateway.samlApplicationService.application(
            request.parameters["saml_application"] ?? "", in: try request.requiredTenant)
    }

    @Sendable private func create(_ request: APIRequest) async throws -> APIResponse {
        guard let metadata = try metadata(request) else {
            throw Fault(
                "saml.metadata_missing", .caller, "The metadata are missing.",
                remedy: "Say metadata_xml, metadata_url or metadata_query_url.")
        }
        var settings = SAMLApplicationSettings(metadata: metadata)
        try settings.take(request)
        let application = try await gateway.samlApplicationService.create(
            entityID: try request.optionalText("entity_id"), settings, by: try request.caller(gateway))
        var answer = try await whole(application)
        answer.status = .created
        answer.location = request.location("saml/applications", application.id)
        return answer
    }

    /// Where the metadata are, where the body says it; of several words none is guessed.
    private func metadata(_ request: APIRequest) throws -> SAMLApplicationSettings.MetadataPlace? {
        let keys = try request.optionalTexts("metadata_keys")
        let document = try request.optionalText("metadata_xml")
        let address = try request.optionalText("metadata_url")
        let responder = try request.optionalText("metadata_query_url")
        let found: [SAMLApplicationSettings.MetadataPlace] = [
            document.map { .document($0) }, address.map { .address($0, keys: keys ?? []) },
            responder.map { .query($0, keys: keys ?? []) },
        ].compactMap(\.self)
        let isKeyed = keys != nil && (found.isEmpty || document != nil)
        guard found.count <= 1, !isKeyed else {
            throw Fault(
                "saml.metadata_place", .caller,
                "One of metadata_xml, metadata_url and metadata_query_url is said, and metadata_keys beside an address only."
            )
        }
        return found.first
    }

    /// An application with what is known of it now.
    private func whole(_ application: SAMLApplication) async throws -> APIResponse {
        var members = application.json.object ?? [:]
        members["peer"] = await application.peerJSON(at: gateway.clock().seconds)
        members["connect"] = try gateway.samlConnection(of: application.tenant).json
        return APIResponse(body: .object(members), etag: EntityTag(version: application.version))
    }

    @Sendable private func preview(_ request: APIRequest) async throws -> APIResponse {
        let application = try named(request)
        guard let name = request.query["person"] else {
            throw Refusal.badRequest(code: "saml.person", where: "`person` is missing: of whom it would be told.")
        }
        // What it is told are things about the person.
        try await request.require("read", "person", gateway)
        let person = try await gateway.people.person(named: name, in: try request.requiredTenant)
        let preview = try await gateway.preview(application, of: person.id)
        return APIResponse(body: preview.json(gateway.configuration.saml.attributes))
    }
}
