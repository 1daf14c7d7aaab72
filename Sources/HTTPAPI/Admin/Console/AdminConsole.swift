import Authorization
import Gateway
import HTTPTypes
import Hummingbird
import Identity
import Vocabulary

/// `/admin`: the console, also below `/t/{tenant}`. Every section is shown to those whom a role lets read it, every
/// address asks for the permission of its API route, and every change goes through the service that the API calls.
struct AdminConsole: Sendable {
    let account: AccountRoutes
    let sections: [AdminSection]
    var gateway: Gateway { account.gateway }

    init(account: AccountRoutes, sections: [AdminSection] = AdminConsole.sections) {
        self.account = account
        self.sections = sections
    }

    func install(on router: Router<GatewayRequestContext>) {
        for prefix in ["", "/t/{tenant}"] {
            router.get("\(prefix)/admin") { try await overview($0, $1) }
            for section in sections {
                for route in section.routes { install(route, of: section, on: router, below: prefix) }
            }
        }
    }

    private func install(
        _ route: AdminRoute, of section: AdminSection, on router: Router<GatewayRequestContext>, below prefix: String
    ) {
        let path = RouterPath("\(prefix)/admin\(route.path)")
        switch route.kind {
        case .page(let read): router.get(path) { try await show(route, section, read, $0, $1) }
        case .file(let make):
            router.get(path) { request, context in
                try await answer(route, section, request, context) { try await make($0) }
            }
        case .form(let read, let submit):
            router.get(path) { try await show(route, section, read, $0, $1) }
            router.post(path) { try await take(route, section, submit, again: read, $0, $1) }
        case .post(let submit): router.post(path) { try await take(route, section, submit, again: nil, $0, $1) }
        }
    }

    private func show(
        _ route: AdminRoute, _ section: AdminSection, _ read: @escaping AdminRoute.Reader, _ request: Request,
        _ context: GatewayRequestContext
    ) async throws -> Response {
        try await answer(route, section, request, context) { call in
            var page = try await read(call)
            page.notice = page.notice ?? call.filter("done").flatMap { section.notices[$0] }
            return try await present(page, in: section, call)
        }
    }

    private func take(
        _ route: AdminRoute, _ section: AdminSection, _ submit: @escaping AdminRoute.Submission,
        again read: AdminRoute.Reader?, _ request: Request, _ context: GatewayRequestContext
    ) async throws -> Response {
        try await answer(route, section, request, context) { call in
            let form = try await call.account.form(
                request, AdminCall.purpose(call.place), limit: route.bodyLimit)
            do {
                switch try await submit(call, form) {
                case .moved(let place, let notice):
                    let query = notice.map { (place.contains("?") ? "&" : "?") + "done=\($0)" } ?? ""
                    return call.account.call.redirect(call.account.call.path("/admin" + place + query))
                case .shown(let page): return try await present(page, in: section, call)
                case .told(let value):
                    return RouteDispatch.response(APIResponse(body: value), ifNoneMatch: nil, method: .post)
                }
            } catch {
                guard let read, let (refusal, status) = Self.refusal(for: error) else { throw error }
                var again = call
                again.refused = AdminCall.RefusedForm(form: form, refusal: refusal)
                return try await present(try await read(again), in: section, again, status: status)
            }
        }
    }

    /// A refusal that the person at the form can do something about; nil for everything else.
    private static func refusal(for error: any Error) -> (AdminRefusal, HTTPResponse.Status)? {
        if let refusal = error as? AdminRefusal { return (refusal, .unprocessableContent) }
        let failure = ErrorMapping.failure(for: error)
        guard (400..<500).contains(failure.problem.status), ![401, 403, 404].contains(failure.problem.status) else {
            return nil
        }
        let sentence = failure.problem.detail ?? failure.problem.title
        return (AdminRefusal(sentence), HTTPResponse.Status(code: failure.problem.status))
    }

    // MARK: Who may come in

    private func answer(
        _ route: AdminRoute, _ section: AdminSection, _ request: Request, _ context: GatewayRequestContext,
        _ body: (AdminCall) async throws -> Response
    ) async throws -> Response {
        switch try await account.admit(request, context) {
        case .redirect(let response): return response
        case .admitted(let person):
            if let capability = section.capability, !gateway.offers(capability) { throw capability.refusal }
            let call = AdminCall(
                account: person, gateway: gateway, parameters: try RouteDispatch.parameters(context),
                place: Self.place(route, context))
            switch try await admission(route.access, call) {
            case .permitted: return try await body(call)
            case .refused: throw Refusal.forbidden(code: "management.not_permitted")
            case .stepUp(let demand):
                // A form sent too late leads back to its section: its own address may answer posts only.
                let back = request.method == .get ? call.address() : section.path
                return person.call.redirect(login(person, demand, returningTo: back))
            }
        }
    }

    /// The route's address with the names in it as they were asked for.
    private static func place(_ route: AdminRoute, _ context: GatewayRequestContext) -> String {
        let parts = route.path.split(separator: "/").map { part -> String in
            guard part.hasPrefix("{") else { return String(part) }
            return context.parameters.get(String(part.dropFirst().dropLast())) ?? ""
        }
        return "/" + parts.joined(separator: "/")
    }

    func admission(_ access: Route.Access, _ call: AdminCall) async throws -> ManagementAnswer {
        guard case .permission(let action, let type) = access else { return .permitted }
        return try await gateway.management(of: call.principal, action, type, in: call.tenant)
    }

    func login(_ person: AccountCall, _ demand: AuthenticationRequirement, returningTo place: String) -> String {
        var path = person.call.path("/login?return=") + ASCII.percentEncode(person.call.path("/admin" + place))
        if let strength = demand.strength { path += "&acr=" + ASCII.percentEncode(strength.acr) }
        if let age = demand.maxAgeSeconds { path += "&max_age=\(age)" }
        return path
    }
}
