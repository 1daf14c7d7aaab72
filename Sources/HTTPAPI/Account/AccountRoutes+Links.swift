import Gateway
import HTTPTypes
import Hummingbird
import Identity
import Vocabulary

/// Linking accounts at other providers: behind a fresh login, by a form of this session.
extension AccountRoutes {
    func installLinks(on router: Router<GatewayRequestContext>, prefix: String) {
        router.get("\(prefix)/account/link/{provider}") { try await linkPage($0, $1) }
        router.post("\(prefix)/account/link/{provider}") { try await startLink($0, $1) }
        router.get("\(prefix)/account/unlink/{provider}") { try await unlinkPage($0, $1) }
        router.post("\(prefix)/account/unlink/{provider}") { try await unlink($0, $1) }
    }

    private static let purpose = "link"

    private func linkPage(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await admit(request, context, isSensitive: true) {
        case .redirect(let response): return response
        case .admitted(let account):
            let linked = try await linkable(context, account)
            var page = MessagePage(
                .plain, "Link your account at \(linked.name)?",
                "You will sign in at \(linked.name), and can sign in here with it from then on.")
            page.form = MessagePage.Form(
                FormFrame(
                    action: account.call.path("/account/link/\(linked.key)"), csrf: try account.token(Self.purpose)),
                button: "Go on to \(linked.name)")
            return try pages.response(page, person: account.header())
        }
    }

    private func startLink(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await admit(request, context, isSensitive: true) {
        case .redirect(let response): return response
        case .admitted(let account):
            let linked = try await linkable(context, account)
            _ = try await account.form(request, Self.purpose)
            let begun = try await gateway.login.beginLink(
                to: linked.key, of: account.session, from: account.call.browser())
            var response = LoginRoutes.leaving(begun.departure, pages)
            response.headers.append(SetCookie(account.call.name(.preSession), begun.secret).field)
            return response
        }
    }

    private func unlinkPage(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await admit(request, context, isSensitive: true) {
        case .redirect(let response): return response
        case .admitted(let account):
            let linked = try await linkable(context, account, isLinked: true)
            var page = MessagePage(
                .plain, "Unlink your account at \(linked.name)?",
                "You will not be able to sign in here with it. Sessions that were begun with it end.")
            page.form = MessagePage.Form(
                FormFrame(
                    action: account.call.path("/account/unlink/\(linked.key)"), csrf: try account.token("unlink")),
                button: "Unlink")
            return try pages.response(page, person: account.header())
        }
    }

    private func unlink(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await admit(request, context, isSensitive: true) {
        case .redirect(let response): return response
        case .admitted(let account):
            let linked = try await linkable(context, account, isLinked: true)
            _ = try await account.form(request, "unlink")
            let isDone = try await gateway.login.unlink(linked.key, of: account.session, by: account.caller)
            return account.call.redirect(account.call.path("/account?done=\(isDone ? "unlinked" : "last_way")"))
        }
    }

    private func linkable(
        _ context: GatewayRequestContext, _ account: AccountCall, isLinked: Bool = false
    ) async throws -> LinkedAccount {
        let all = try await gateway.login.linkedAccounts(of: account.session)
        guard let found = all.first(where: { $0.key == context.parameters.get("provider") }),
            (found.login != nil) == isLinked
        else { throw Refusal.notFound }
        return found
    }

    /// A row for each provider that people are sent to.
    func linkRows(_ account: AccountCall) async throws -> [AccountPage.Factor] {
        try await gateway.login.linkedAccounts(of: account.session).map { linked in
            guard let login = linked.login else {
                return AccountPage.Factor(
                    name: linked.name, detail: "Not linked.",
                    action: .init("Link", account.call.path("/account/link/\(linked.key)")))
            }
            return AccountPage.Factor(
                name: linked.name, detail: "Linked: you are \(login) there.",
                action: .init("Unlink", account.call.path("/account/unlink/\(linked.key)")))
        }
    }

    static func linkNotice(_ word: String) -> String? {
        switch AccountLinkOutcome(rawValue: word) {
        case .linked: "The account is linked. You can sign in with it."
        case .alreadyLinked: "That account was linked before."
        case .linkedElsewhere: "That account belongs to somebody else here, and was not linked."
        case .sessionOver: "Your session changed while you were away. Nothing was linked."
        case .denied: "Nothing was linked."
        case .refused: "The answer could not be verified, and nothing was linked."
        case .unavailable: "The provider cannot be reached at the moment. Nothing was linked."
        case nil: nil
        }
    }
}
