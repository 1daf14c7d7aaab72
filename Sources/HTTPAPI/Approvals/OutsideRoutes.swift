import Gateway
import Governance
import HTTPTypes
import Hummingbird
import Identity
import Vocabulary

/// The page behind the link of somebody outside: what is asked, and two buttons. Opening it changes nothing, because
/// mail scanners open links too; only a form of ours, sent from the browser that showed it, decides.
struct OutsideRoutes: Sendable {
    static let path = "/approvals/outside"
    private static let purpose = "approval.outside"

    let gateway: Gateway
    let pages: PageRenderer
    let trusted: TrustedProxies
    let limit: SourceRateLimit

    func install(on router: Router<GatewayRequestContext>) {
        for prefix in ["", "/t/{tenant}"] {
            router.get("\(prefix)\(Self.path)/{token}") { try await show($0, $1) }
            router.post("\(prefix)\(Self.path)/{token}") { try await decide($0, $1) }
        }
    }

    private func call(_ request: Request, _ context: GatewayRequestContext) throws -> (BrowserCall, String) {
        let call = try BrowserCall(request, context, gateway, trusted)
        try limit.admit(call.source, at: gateway.clock())
        return (call, context.parameters.get("token") ?? "")
    }

    private func show(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let (call, token) = try call(request, context)
        guard let offer = try await gateway.approvals.offer(token, in: call.tenant.id) else { return refused() }
        let secret = try call.cookie(.preSession) ?? SecretText(Self.fresh())
        var response = pages.response(try await page(offer, token, call, secret))
        response.headers.append(SetCookie(call.name(.preSession), secret).field)
        return response
    }

    private func page(
        _ offer: ApprovalCase, _ token: String, _ call: BrowserCall, _ secret: SecretText, error: String? = nil
    ) async throws -> OutsidePage {
        let approval = offer.approval
        var facts = ApprovalWords.facts(of: offer)
        if case .person(let id) = approval.requester,
            let person = try? await gateway.people.person(id, in: call.tenant.id)
        {
            facts.insert(("Asked for by", person.displayName ?? person.login), at: 1)
        }
        facts.append(
            ("Step", "\(approval.stage + 1) of \(approval.stages.count): \(approval.stages[approval.stage].name)"))
        facts.append(("Decide by", approval.deadline.reading))
        return OutsidePage(
            form: FormFrame(
                action: call.path("\(Self.path)/\(token)"), csrf: try call.token(Self.purpose, secret), error: error),
            facts: facts, reason: offer.reason)
    }

    private func decide(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let (call, token) = try call(request, context)
        let secret = try call.cookie(.preSession)
        let form = try await call.form(request, purpose: Self.purpose, binding: secret)
        guard let word = form["word"], ["approve", "reject"].contains(word) else {
            throw Refusal.badRequest(code: "approval.word", where: "The form says neither approve nor reject.")
        }
        let comment = form["comment"].flatMap { $0.isEmpty ? nil : $0 }
        guard (comment?.utf8.count ?? 0) <= WorkflowTemplate.Limits.textBytes else {
            guard let offer = try await gateway.approvals.offer(token, in: call.tenant.id), let secret else {
                return refused()
            }
            let error = "A reason has \(WorkflowTemplate.Limits.textBytes) bytes at most."
            return pages.response(
                try await page(offer, token, call, secret, error: error), status: .unprocessableContent)
        }
        let decided = try await gateway.approvals.decide(
            word == "approve", comment: comment, with: token, in: call.tenant.id, trace: context.requestID)
        guard decided != nil else { return refused() }
        let heading = word == "approve" ? "You approved it" : "You rejected it"
        return pages.response(
            MessagePage(
                .done, heading, "Your word is recorded, and the link has done its work. You can close this page."))
    }

    private func refused() -> Response {
        pages.response(
            MessagePage(
                .refused, "This link does not open anything",
                "It was used, its time is over, or what it asked for is decided. Ask whoever sent it."),
            status: .gone)
    }

    private static func fresh() -> String {
        var generator = SystemRandomNumberGenerator()
        let words: [UInt64] = (0..<4).map { _ in generator.next() }
        return Base64.encode(words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }, .url)
    }
}

/// What somebody outside is shown and asked.
struct OutsidePage: Page {
    let form: FormFrame
    let facts: [(name: String, value: String)]
    let reason: String?

    var title: String { "Your decision is asked for" }
    var template: String { "outside" }
    var values: [String: Any] {
        var values: [String: Any] = [
            "facts": facts.map { ["name": $0.name, "value": $0.value] },
            "form": form.adding(["limit": WorkflowTemplate.Limits.textBytes]),
        ]
        if let reason { values["reason"] = reason }
        return values
    }
}
