import Authorization
import Gateway
import HTTPTypes
import Hummingbird
import Identity
import Vocabulary

/// `/admin`: what an administrator wants to see at a glance, read-only but for held directory jobs, which are released
/// or dropped here; also below `/t/{tenant}`. Everybody sees the parts that their roles let them read by the API.
struct AdminRoutes: Sendable {
    /// Rows of each table.
    static let rowLimit = 20
    /// Changes of a held directory job that are shown; the command line shows all.
    static let changeLimit = 100

    let account: AccountRoutes
    var gateway: Gateway { account.gateway }

    func install(on router: Router<GatewayRequestContext>) {
        for prefix in ["", "/t/{tenant}"] {
            router.get("\(prefix)/admin") { try await show($0, $1) }
            router.post("\(prefix)/admin/sync-runs/{run}/release") { try await settle($0, $1, "release") }
            router.post("\(prefix)/admin/sync-runs/{run}/drop") { try await settle($0, $1, "drop") }
        }
    }

    // MARK: Reading

    private func show(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await account.admit(request, context) {
        case .redirect(let response): return response
        case .admitted(let call):
            var page = AdminPage(heading: "Administration", tables: [])
            page.notice = Self.notice(call.call.query["done"])
            var demand: AuthenticationRequirement?
            for part in AdminPart.allCases {
                switch try await management(call, part.action, part.type) {
                case .permitted: try await part.add(to: &page, gateway, call, mayRelease: mayRelease(call))
                case .stepUp(let asked): demand = asked
                case .refused: continue
                }
            }
            if page.tables.isEmpty {
                guard let demand else { throw Refusal.forbidden(code: "management.not_permitted") }
                return call.call.redirect(Self.login(call, demand))
            }
            return try account.pages.response(page, person: call.header())
        }
    }

    private func management(
        _ call: AccountCall, _ action: String, _ type: String
    ) async throws -> ManagementAnswer {
        try await gateway.management(
            of: ValidatedCredential.session(call.session).principal, action, type, in: call.call.tenant.id)
    }

    private func mayRelease(_ call: AccountCall) async throws -> Bool {
        try await management(call, "release", "sync_run") == .permitted
    }

    private static func login(_ call: AccountCall, _ demand: AuthenticationRequirement) -> String {
        var path = call.call.path("/login?return=") + ASCII.percentEncode(call.call.path("/admin"))
        if let strength = demand.strength { path += "&acr=" + ASCII.percentEncode(strength.acr) }
        if let age = demand.maxAgeSeconds { path += "&max_age=\(age)" }
        return path
    }

    // MARK: Held directory jobs

    static func purpose(_ action: String, _ run: SyncRunID) -> String { "sync.\(action).\(run)" }

    private func settle(
        _ request: Request, _ context: GatewayRequestContext, _ action: String
    ) async throws -> Response {
        switch try await account.admit(request, context) {
        case .redirect(let response): return response
        case .admitted(let call):
            guard let run = context.parameters.get("run").flatMap({ SyncRunID($0) }) else { throw Refusal.notFound }
            _ = try await call.form(request, Self.purpose(action, run))
            guard try await management(call, action, "sync_run") == .permitted else {
                throw Refusal.forbidden(code: "management.not_permitted")
            }
            if action == "release" {
                _ = try await gateway.releaseSyncRun(run, by: call.caller)
            } else {
                try await gateway.sync.drop(run, by: call.caller)
            }
            return call.call.redirect(call.call.path("/admin?done=\(action)"))
        }
    }

    /// The words of a closed list; what the query says is never shown.
    private static func notice(_ word: String?) -> String? {
        switch word {
        case "release": "The run is released, and its changes are applied."
        case "drop": "The run is dropped; nothing of it is applied."
        default: nil
        }
    }
}
