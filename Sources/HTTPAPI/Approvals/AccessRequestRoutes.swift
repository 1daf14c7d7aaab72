import Authorization
import Gateway
import Governance
import HTTPTypes
import Hummingbird
import Identity
import Vocabulary

extension ProtectedApplication {
    /// What forward-auth asks of somebody who opens a page. An approval is not bound to the address they come from: a
    /// phone has another one a minute later.
    func question(_ principal: Principal, _ method: String, _ path: String, from client: IPAddress?) -> DecisionQuestion
    {
        var context: [String: AttributeValue] = [
            "application": .string(settings.key), "method": .string(method),
        ]
        if let client { context["client"] = .string(client.description) }
        var question = DecisionQuestion(
            .principal(principal), action: action(of: method),
            resourceType: settings.resourceType, resourceID: path, context: context)
        question.passing = ["client"]
        return question
    }
}

/// `/access-request`: from the page that was refused to those who may approve it, and back to the page. What its query
/// says is only what is asked about; whether it is permitted, or can be approved at all, is decided anew.
struct AccessRequestRoutes: Sendable {
    static let path = "/access-request"
    private static let purpose = "access-request"

    let account: AccountRoutes
    private var gateway: Gateway { account.gateway }

    func install(on router: Router<GatewayRequestContext>) {
        for prefix in ["", "/t/{tenant}"] {
            router.get("\(prefix)\(Self.path)") { try await show($0, $1) }
            router.post("\(prefix)\(Self.path)") { try await ask($0, $1) }
        }
    }

    /// Where a refused page leads.
    static func link(to held: ForwardedRequest, of application: ProtectedApplication, _ gateway: Gateway) -> String {
        let query = [
            ("application", application.settings.key), ("method", held.method), ("path", held.uri.path),
        ]
        return gateway.tenants.publicURL(of: application.tenant) + path + "?"
            + query.map { "\($0)=" + ASCII.percentEncode($1) }.joined(separator: "&")
    }

    /// What is asked about, by whom.
    private struct Asking {
        let account: AccountCall
        let application: ProtectedApplication
        let method: String
        let path: String
        let question: DecisionQuestion

        var subject: Subject { .person(account.person.id) }
        /// The page itself, to go on to.
        var target: String { (application.publicURL?.origin ?? "") + path }
        var query: String {
            [("application", application.settings.key), ("method", method), ("path", path)]
                .map { "\($0)=" + ASCII.percentEncode($1) }.joined(separator: "&")
        }
    }

    private func asking(_ account: AccountCall) throws -> Asking {
        let query = account.call.query
        guard let key = query["application"], let path = query["path"], path.hasPrefix("/"), path.utf8.count <= 1_024,
            let application = gateway.applications.all(in: account.call.tenant.id).first(where: {
                $0.settings.key == key
            }),
            application.settings.forwardAuth
        else { throw Refusal.notFound }
        let method = query["method"] ?? "GET"
        guard (1...16).contains(method.utf8.count), method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            throw Refusal.notFound
        }
        let principal = ValidatedCredential.session(account.session).principal
        return Asking(
            account: account, application: application, method: method, path: path,
            question: application.question(principal, method, path, from: account.call.source))
    }

    // MARK: Reading

    private func show(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await account.admit(request, context) {
        case .redirect:
            let call = try BrowserCall(request, context, gateway, account.trusted)
            let here = call.path(Self.path) + (request.uri.query.map { "?" + $0 } ?? "")
            return call.redirect(call.path("/login?return=") + ASCII.percentEncode(here))
        case .admitted(let person): return try await present(try asking(person))
        }
    }

    private func present(_ asking: Asking, error: String? = nil) async throws -> Response {
        let trace = try await gateway.explanations.explain(asking.question, in: asking.application.tenant)
        if trace.isPermitted, asking.application.accepts(returnTarget: asking.target) {
            return asking.account.call.redirect(asking.target)
        }
        let newest = try await gateway.approvals.newest(
            for: asking.question, by: asking.subject, in: asking.application.tenant)
        if let newest, newest.state == .pending { return try waiting(asking, newest) }
        guard trace.isRequestable else { return try refused(asking, trace) }
        return try form(asking, trace, newest, error)
    }

    private func facts(_ asking: Asking) -> [(name: String, value: String)] {
        [("Application", asking.application.settings.name), ("Page", asking.path)]
    }

    private func waiting(_ asking: Asking, _ approval: Approval) throws -> Response {
        var page = MessagePage(
            .plain, "Your request waits",
            "It was passed on to those who may approve it. Look again later: this page leads on once they have.")
        page.facts =
            facts(asking) + [
                ("Step", "\(approval.stage + 1) of \(approval.stages.count)"),
                ("Decided by", approval.deadline.reading),
            ]
        let call = asking.account.call
        page.links = [
            .init("Look again", call.path(Self.path) + "?" + asking.query),
            .init("Your request", call.path("/admin/approvals/\(approval.id)"), isQuiet: true),
        ]
        return try account.pages.response(page, person: asking.account.header())
    }

    private func refused(_ asking: Asking, _ trace: DecisionTrace) throws -> Response {
        var page = MessagePage.denied(
            "Nobody can approve this for you",
            "What forbids the page asks for something else than an approval.", trace)
        page.facts = facts(asking)
        return try account.pages.response(page, status: .forbidden, person: asking.account.header())
    }

    private func form(
        _ asking: Asking, _ trace: DecisionTrace, _ earlier: Approval?, _ error: String?
    ) throws -> Response {
        let call = asking.account.call
        let page = AccessRequestPage(
            form: FormFrame(
                action: call.path(Self.path) + "?" + asking.query, csrf: try asking.account.token(Self.purpose),
                error: error),
            facts: facts(asking), earlier: earlier.map { "Your last request was \($0.state.rawValue)." })
        return try account.pages.response(
            page, status: error == nil ? .ok : .unprocessableContent, person: asking.account.header())
    }

    // MARK: Asking

    private func ask(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await account.admit(request, context) {
        case .redirect(let response): return response
        case .admitted(let person):
            let form = try await person.form(request, Self.purpose)
            let asking = try asking(person)
            let reason = form["reason"] ?? ""
            guard (1...WorkflowTemplate.Limits.textBytes).contains(reason.utf8.count) else {
                return try await present(
                    asking, error: "Say why, in \(WorkflowTemplate.Limits.textBytes) bytes at most.")
            }
            let origin = DecisionOrigin(
                caller: asking.subject, protocol: "access_request", request: context.requestID)
            do {
                _ = try await gateway.decisions.decideOrAsk(
                    asking.question, reason: reason, in: asking.application.tenant, origin: origin, by: person.caller)
            } catch let fault as Fault where fault.code == "approval.too_many" {
                return try await present(asking, error: "You have asked for a great deal lately. Wait a while.")
            }
            return person.call.redirect(person.call.path(Self.path) + "?" + asking.query)
        }
    }
}

/// The form that asks for access to one page.
struct AccessRequestPage: Page {
    let form: FormFrame
    let facts: [(name: String, value: String)]
    /// What became of an earlier request for the same.
    let earlier: String?

    var title: String { "Request access" }
    var template: String { "access-request" }
    var values: [String: Any] {
        var values: [String: Any] = [
            "facts": facts.map { ["name": $0.name, "value": $0.value] },
            "form": form.adding(["limit": WorkflowTemplate.Limits.textBytes]),
        ]
        if let earlier { values["earlier"] = earlier }
        return values
    }
}
