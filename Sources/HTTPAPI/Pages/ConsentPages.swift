import Gateway
import Hummingbird
import OAuth

/// What a client asks somebody to agree to.
struct ConsentPage: Page {
    /// One thing that the client may do, or get to know.
    struct Item: Sendable {
        let text: String
        /// Whether it was not asked before.
        let isNew: Bool

        var values: [String: Any] { ["text": text, "isNew": isNew] }
    }

    let frame: FormFrame
    let handle: String
    let client: String
    let person: String
    let items: [Item]
    var facts: [(name: String, value: String)] = []
    /// Where the browser goes back to.
    let host: String
    var policyURI: String?
    var termsURI: String?

    var title: String { "\(client) asks for access" }
    var template: String { "consent" }
    var values: [String: Any] {
        var values: [String: Any] = [
            "client": client, "who": person, "items": items.map(\.values), "host": host, "request": handle,
            "hasFacts": !facts.isEmpty, "facts": facts.map { ["name": $0.name, "value": $0.value] },
            "isRemembered": true,
        ]
        if let policyURI { values["policy"] = policyURI }
        if let termsURI { values["terms"] = termsURI }
        return frame.adding(values)
    }
}

/// Which account somebody means, where the client wants to hear it (`prompt=select_account`).
struct SelectAccountPage: Page {
    let frame: FormFrame
    let handle: String
    let client: String
    let person: String
    /// The login for somebody else.
    let otherPath: String

    var title: String { "Which account?" }
    var template: String { "select-account" }
    var values: [String: Any] {
        frame.adding(["request": handle, "client": client, "who": person, "otherPath": otherPath])
    }
}

/// A message on its way elsewhere as a form (OAuth 2.0 Form Post Response Mode §2, SAML Bindings §3.5): sent by script, or
/// by its button.
struct FormPostPage: Page {
    /// Where people are told that they are taken.
    let whom: String
    let target: String
    let fields: [(name: String, value: String)]

    var title: String { "Going on" }
    var template: String { "form-post" }
    var runsScript: Bool { true }
    var values: [String: Any] {
        [
            "client": whom, "target": target, "fields": fields.map { ["name": $0.name, "value": $0.value] },
        ]
    }
}

extension PageRenderer {
    /// A page that posts a form elsewhere; its own policy lets it post there and nowhere else.
    func posting(_ fields: [(name: String, value: String)], to target: String, _ whom: String) -> Response {
        response(
            FormPostPage(whom: whom, target: target, fields: fields),
            policy: SecurityHeadersMiddleware.formPostContentSecurityPolicy(to: AuthorizeRoutes.origin(of: target)))
    }
}

/// The words for what scopes and claims let a client do.
struct ConsentWords {
    /// `oauth.scopes` of the configuration, by name.
    let scopes: [String: ScopeConfiguration]

    /// One line for each thing that is asked for; what says nothing to people says it by its name.
    func items(all: Consent, new: Consent) -> [ConsentPage.Item] {
        let scopes = all.scope.names.sorted { Self.place($0) < Self.place($1) }
        var items = scopes.map { ConsentPage.Item(text: words(scope: $0), isNew: new.scope.contains($0)) }
        items += all.claims.sorted().map { .init(text: "Know your \($0)", isNew: new.claims.contains($0)) }
        items += all.resources.map { .init(text: "Use \($0) for you", isNew: new.resources.contains($0)) }
        // Where nothing was asked before, nothing stands out.
        return items.allSatisfy(\.isNew) ? items.map { .init(text: $0.text, isNew: false) } : items
    }

    private static func place(_ scope: String) -> (Int, String) { (order.firstIndex(of: scope) ?? order.count, scope) }

    private static let order = ["openid", "profile", "email", "address", "phone", "offline_access"]

    private func words(scope: String) -> String {
        switch scope {
        case "openid": "Know who you are"
        case "profile": "Read your name and profile"
        case "email": "Read your e-mail address"
        case "address": "Read your postal address"
        case "phone": "Read your telephone number"
        case "offline_access": "Go on acting for you while you are away"
        default: scopes[scope]?.description ?? scope
        }
    }
}

/// Where somebody types the code of a device, and then says whether it may.
struct DevicePage: Page {
    /// What the device behind the code asks for.
    struct Asked: Sendable {
        let client: String
        let person: String
        let items: [ConsentPage.Item]
        let facts: [(name: String, value: String)]
    }

    let frame: FormFrame
    let code: String
    /// Nil while the code is asked for.
    let asked: Asked?

    var title: String { "Connect a device" }
    var template: String { "device" }
    var values: [String: Any] {
        guard let asked else { return ["ask": frame.adding(["code": code])] }
        return [
            "confirm": frame.adding([
                "code": code, "client": asked.client, "who": asked.person, "items": asked.items.map(\.values),
                "facts": asked.facts.map { ["name": $0.name, "value": $0.value] },
            ])
        ]
    }
}
