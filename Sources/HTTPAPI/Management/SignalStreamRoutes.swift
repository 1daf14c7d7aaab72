import Gateway
import HTTPTypes
import Identity
import OAuth
import Vocabulary

/// Streams by which receivers hear of security events, as administrators make and watch them.
struct SignalStreamRoutes {
    let gateway: Gateway
    let mac: MACFunction

    private static func access(_ action: String) -> Route.Access { .permission(action: action, type: "client") }

    var routes: [Route] { reading + writing + acting }

    private var reading: [Route] {
        [
            Route(
                .get, "/api/v1/signal-streams", "listSignalStreams",
                "Lists the streams by which receivers hear of security events, by when they were made", tag: "signals",
                access: Self.access("read"), query: Route.Parameter.page, response: .page(.reference("SignalStream"))
            ) { request in
                let streams = try await gateway.signals.list(in: try request.requiredTenant)
                return try request.answer(whole: streams, by: { $0.id.description }, mac: mac, \.json)
            },
            Route(
                .get, "/api/v1/signal-streams/{stream}", "getSignalStream", "Shows a stream, and how telling goes",
                tag: "signals", access: Self.access("read"), response: .reference("SignalStream")
            ) { request in
                try answer(try await named(request))
            },
        ]
    }

    private var writing: [Route] {
        [
            Route(
                .post, "/api/v1/signal-streams", "createSignalStream", "Makes a stream for a client",
                details: """
                    Events are about the people whom the client knows, by the names that it knows them by; with \
                    `everybody`, changed credentials of everyone in the tenant. Without `delivery` the client fetches them \
                    (RFC 8936). The header is sealed, and shown to nobody.
                    """,
                tag: "signals", access: Self.access("update"),
                requestBody: .object(
                    [
                        "client": .string(minLength: 1, maxLength: 256), "delivery": SignalStreamSchema.delivery,
                        "events_requested": SignalStreamSchema.events, "description": SignalStreamSchema.description,
                        "everybody": .boolean,
                    ], optional: ["delivery", "events_requested", "description", "everybody"]),
                response: .reference("SignalStream"), successStatus: 201, repetition: .refused
            ) { request in
                let made = try await gateway.signals.create(
                    request.body?.object ?? [:], for: try request.text("client"),
                    isAboutEverybody: try request.optionalBool("everybody") ?? false, by: try request.caller(gateway))
                return APIResponse(
                    .created, body: made.json, etag: EntityTag(version: made.version),
                    location: request.location("signal-streams", made.id))
            },
            Route(
                .patch, "/api/v1/signal-streams/{stream}", "updateSignalStream", "Changes what is said of a stream",
                details: "A `delivery` replaces the present one with its header; what is not said stays.",
                tag: "signals", access: Self.access("update"),
                requestBody: .object(
                    [
                        "delivery": SignalStreamSchema.delivery, "events_requested": SignalStreamSchema.events,
                        "description": SignalStreamSchema.description, "everybody": .boolean,
                    ], optional: ["delivery", "events_requested", "description", "everybody"]),
                response: .reference("SignalStream"), preconditions: .required
            ) { request in
                let present = try await named(request)
                let changed = try await gateway.signals.change(
                    present.id, request.body?.object ?? [:],
                    isAboutEverybody: try request.optionalBool("everybody"),
                    expecting: try request.expectedVersion(present.version), by: try request.caller(gateway))
                return try answer(changed)
            },
            Route(
                .delete, "/api/v1/signal-streams/{stream}", "deleteSignalStream",
                "Deletes a stream with what waits on it", tag: "signals", access: Self.access("update"),
                successStatus: 204
            ) { request in
                try await gateway.signals.delete(try await named(request).id, by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    private var acting: [Route] {
        [
            Route(
                .post, "/api/v1/signal-streams/{stream}/status", "setSignalStreamStatus",
                "Lets a stream go on, holds what happens, or lets it be lost",
                details: "The receiver is told, with the reason.", tag: "signals", access: Self.access("update"),
                requestBody: .object(
                    [
                        "status": .words(SignalService.statuses),
                        "reason": .string(maxLength: SignalService.reasonByteLimit),
                    ], optional: ["reason"]), response: .reference("SignalStream")
            ) { request in
                try await gateway.signals.set(
                    try request.text("status"), try request.optionalText("reason"),
                    on: try await named(request).id, by: try request.caller(gateway))
                return try answer(try await named(request))
            },
            Route(
                .post, "/api/v1/signal-streams/{stream}/verify", "verifySignalStream",
                "Sends a verification event, at most one in half a minute", tag: "signals",
                access: Self.access("update"), successStatus: 204
            ) { request in
                try await gateway.signals.verify(try await named(request).id, by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    private func named(_ request: APIRequest) async throws -> ListedSignalStream {
        guard let id = SignalStreamID(request.parameters["stream"] ?? "") else { throw Refusal.notFound }
        return try await gateway.signals.stream(id, in: try request.requiredTenant)
    }

    private func answer(_ listed: ListedSignalStream) throws -> APIResponse {
        APIResponse(body: listed.json, etag: EntityTag(version: listed.version))
    }
}

extension ListedSignalStream {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "client": .string(client), "method": .string(endpoint == nil ? "poll" : "push"),
            "endpoint_url": endpoint.map(AttributeValue.string), "has_header": .bool(hasHeader),
            "events": .list(events.map(AttributeValue.string)), "everybody": .bool(isAboutEverybody),
            "description": description.map(AttributeValue.string), "status": .string(status),
            "reason": reason.map(AttributeValue.string), "waiting": .integer(Int64(waiting)),
            "dropped": .integer(dropped), "failures": .integer(failures), "failing_since": failingSince?.json,
            "last_error": lastError.map(AttributeValue.string), "delivered_at": deliveredAt?.json,
            "said_by_receiver": .bool(isSaidByReceiver), "managed_by": .string(managedBy.rawValue),
            "version": .integer(version), "created_at": createdAt.json,
        ])
    }
}

enum SignalStreamSchema {
    static let delivery = JSONSchema.object(
        [
            "method": .words([EventStreamRequest.Delivery.pushMethod, EventStreamRequest.Delivery.pollMethod]),
            "endpoint_url": .string(maxLength: EventStreamRequest.endpointByteLimit),
            "authorization_header": .string(maxLength: EventStreamRequest.authorizationByteLimit),
        ], optional: ["endpoint_url", "authorization_header"])
    static let events = JSONSchema.array(.string(maxLength: 256), maximum: 100)
    static let description = JSONSchema.string(maxLength: EventStreamRequest.descriptionByteLimit)

    static let stream = JSONSchema.object(
        [
            "id": .uuid, "client": .string(), "method": .words(["push", "poll"]), "endpoint_url": .string(),
            "has_header": .boolean, "events": .array(.string()), "everybody": .boolean, "description": .string(),
            "status": .words(SignalService.statuses), "reason": .string(),
            "waiting": .integer(minimum: 0), "dropped": .integer(minimum: 0), "failures": .integer(minimum: 0),
            "failing_since": .time, "last_error": .string(), "delivered_at": .time, "said_by_receiver": .boolean,
            "managed_by": APISchemas.managedBy, "version": APISchemas.version, "created_at": .time,
        ],
        optional: ["endpoint_url", "description", "reason", "failing_since", "last_error", "delivered_at"])
}
