import Gateway
import HTTPTypes
import Vocabulary

/// How it stands with commands and events over NATS.
struct NATSMessagingRoutes {
    let gateway: Gateway

    var routes: [Route] {
        [
            Route(
                .get, NATSRoutes.place + "/messaging", "getNATSMessaging",
                "Shows how it stands with commands and events over NATS", tag: "nats",
                access: NATSRoutes.access("read"), response: NATSSchema.messaging
            ) { request in
                guard let status = try await gateway.messengerStatus(of: try request.requiredTenant) else {
                    return APIResponse(body: ["state": "off"])
                }
                return APIResponse(body: status.json)
            },
            Route(
                .post, NATSRoutes.place + "/messaging/comparison", "compareNATSStream",
                "Folds everything governed from the stream alone and holds it against the journal",
                details: "The whole stream is read. Both are compared up to the last event that the stream holds.",
                tag: "nats", access: NATSRoutes.access("read"), response: NATSSchema.comparison
            ) { request in
                APIResponse(body: try await gateway.compareEventStream(in: try request.requiredTenant).json)
            },
        ]
    }
}
