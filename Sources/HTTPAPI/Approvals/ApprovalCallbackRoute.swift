import Gateway
import Governance
import HTTPTypes
import Hummingbird
import NIOCore
import Vocabulary

/// Where systems that were asked to decide answer. Nobody is signed in here: a call is what its signature proves.
struct ApprovalCallbackRoute: Sendable {
    static let bodyLimit = 16 << 10

    let gateway: Gateway

    func install(on router: Router<GatewayRequestContext>) {
        for prefix in ["", "/t/{tenant}"] {
            router.post("\(prefix)/api/v1/governance/approval-systems/{system}/callbacks") { request, context in
                try await take(request, context)
            }
        }
    }

    private func take(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let slug = context.parameters.get("tenant")
        let found = slug.map { gateway.tenants.tenant(slug: $0) } ?? gateway.tenants.defaultTenant
        guard let tenant = found, !tenant.isDisabled, let system = context.parameters.get("system") else {
            throw Refusal.notFound
        }
        let body: [UInt8]
        do {
            body = Array(try await request.body.collect(upTo: Self.bodyLimit).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw Refusal.bodyTooLarge(limit: Self.bodyLimit)
        }
        let call = SignedCall(
            method: "POST",
            url: gateway.tenants.publicURL(of: tenant.id) + "/api/v1/governance/approval-systems/\(system)/callbacks",
            contentType: Self.only("Content-Type", request), contentDigest: Self.only("Content-Digest", request),
            signatureInput: Self.only("Signature-Input", request), signature: Self.only("Signature", request),
            body: body)
        let approval = try await gateway.approvalSystems.take(
            try Self.answer(body), call, of: system, in: tenant.id, trace: context.requestID)
        let told: AttributeValue = ["approval_id": approval.id.json, "state": .string(approval.state.rawValue)]
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: CanonicalJSON.encode(told))))
    }

    /// A field that is there once; one that stands twice is none.
    private static func only(_ name: String, _ request: Request) -> String? {
        guard let name = HTTPField.Name(name) else { return nil }
        let values = request.headers[values: name]
        return values.count == 1 ? values[0] : nil
    }

    private static func answer(_ body: [UInt8]) throws -> SystemAnswer {
        let value = try StrictJSON.parse(body)
        guard let id = value["approval_id"]?.string.flatMap({ ApprovalID($0) }), let nonce = value["nonce"]?.string,
            let stage = value["stage"]?.integer.flatMap({ Int(exactly: $0) }), (0..<256).contains(stage),
            let word = value["decision"]?.string, ["approve", "reject"].contains(word)
        else {
            throw Refusal.badRequest(
                code: "callback.invalid",
                where: "The body has `approval_id`, `stage`, `decision` (approve or reject) and `nonce`.")
        }
        return SystemAnswer(
            approval: id, stage: stage, isApproved: word == "approve", comment: value["comment"]?.string, nonce: nonce)
    }
}
