import Crypto
import HTTPTypes
import Hummingbird
import Mustache
import NIOCore
import Vocabulary

/// Renders the pages from templates compiled into the binary. Every value is HTML-escaped by the templates.
public struct PageRenderer: Sendable {
    private let library: MustacheLibrary
    /// The one style sheet and its path, which changes with its content, so that it can be cached for ever.
    public let stylesheet: String
    public let stylesheetPath: String
    /// The one script and its path, likewise; only pages that say so load it.
    public let script: String
    public let scriptPath: String
    /// The product's or organization's name in the header.
    public let site: String

    /// - Throws: an error of the template parser; a test renders every page, so only a broken build throws here.
    public init(site: String) throws {
        MustacheContentTypes.register(PageContent(), named: "PAGE")
        var library = MustacheLibrary()
        for (name, bytes) in Self.sources {
            try library.register(String(decoding: bytes, as: UTF8.self), named: name)
        }
        self.library = library
        self.site = site
        stylesheet = String(decoding: PackageResources.gatehouse_css, as: UTF8.self)
        stylesheetPath = "/assets/gatehouse.\(Self.digest(PackageResources.gatehouse_css)).css"
        script = String(decoding: PackageResources.live_check_js, as: UTF8.self)
        scriptPath = "/assets/live-check.\(Self.digest(PackageResources.live_check_js)).js"
    }

    private static func digest(_ bytes: [UInt8]) -> String {
        Base64.encode(Array(SHA256.hash(data: bytes)).prefix(12), .url)
    }

    private static var sources: [(String, [UInt8])] {
        [
            ("layout", PackageResources.layout_mustache), ("login", PackageResources.login_mustache),
            ("password", PackageResources.password_mustache),
            ("second-factor", PackageResources.second_factor_mustache),
            ("enrol-totp", PackageResources.enrol_totp_mustache),
            ("recovery-codes", PackageResources.recovery_codes_mustache),
            ("set-password", PackageResources.set_password_mustache), ("message", PackageResources.message_mustache),
            ("account", PackageResources.account_mustache), ("outside", PackageResources.outside_mustache),
            ("access-request", PackageResources.access_request_mustache),
            ("consent", PackageResources.consent_mustache),
            ("select-account", PackageResources.select_account_mustache),
            ("form-post", PackageResources.form_post_mustache), ("device", PackageResources.device_mustache),
            ("admin", PackageResources.admin_mustache),
            ("admin-menu", PackageResources.admin_menu_mustache),
            ("admin-value", PackageResources.admin_value_mustache),
            ("admin-action", PackageResources.admin_action_mustache),
            ("admin-field", PackageResources.admin_field_mustache),
        ]
    }

    /// The page's HTML.
    ///
    /// - Parameter person: who is signed in, for the header; nil on login pages.
    public func html(_ page: some Page, person: PageHeader? = nil) -> String {
        var values = page.values
        values["title"] = page.title
        values["site"] = site
        values["stylesheet"] = stylesheetPath
        values["width"] = page.width
        if page.runsScript { values["script"] = scriptPath }
        if let person {
            values["person"] = [
                "name": person.name, "accountPath": person.accountPath, "logoutPath": person.logoutPath,
                "logoutToken": person.logoutToken,
            ]
        }
        return library.render(values, withTemplate: page.template) ?? ""
    }

    /// The page as an answer that no cache keeps.
    ///
    /// - Parameter policy: its Content Security Policy; nil for the least that it needs.
    public func response(
        _ page: some Page, status: HTTPResponse.Status = .ok, person: PageHeader? = nil, policy: String? = nil
    ) -> Response {
        var headers: HTTPFields = [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"]
        if page.runsScript { headers[.contentSecurityPolicy] = SecurityHeadersMiddleware.scriptedContentSecurityPolicy }
        if let policy { headers[.contentSecurityPolicy] = policy }
        return Response(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: html(page, person: person))))
    }

    /// A page that goes on to a target by itself. A redirect would not do after a form: `form-action 'self'` binds the
    /// redirects of a form too (CSP Level 3 §6.4.2.1).
    func leaving(to target: String, _ page: MessagePage, cookies: [SetCookie] = []) -> Response {
        var page = page
        page.links = [MessagePage.Link("Go on", target)]
        var response = response(page)
        if let refresh = HTTPField.Name("Refresh") { response.headers[refresh] = "0; url=\(target)" }
        for cookie in cookies { response.headers.append(cookie.field) }
        return response
    }

    /// The answer at `stylesheetPath`.
    public func stylesheetResponse() -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/css; charset=utf-8", .cacheControl: "public, max-age=31536000, immutable"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: stylesheet)))
    }

    /// The answer at `scriptPath`.
    public func scriptResponse() -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/javascript; charset=utf-8", .cacheControl: "public, max-age=31536000, immutable",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: script)))
    }
}

/// The person in the header of a page, with the form that signs them out.
public struct PageHeader: Sendable {
    public var name: String
    public var accountPath: String
    public var logoutPath: String
    public var logoutToken: String

    public init(name: String, accountPath: String, logoutPath: String, logoutToken: String) {
        self.name = name
        self.accountPath = accountPath
        self.logoutPath = logoutPath
        self.logoutToken = logoutToken
    }
}

/// One page: a template and the values it shows.
public protocol Page: Sendable {
    var title: String { get }
    var template: String { get }
    /// How much of a desk's screen it takes, as the style sheet calls it.
    var width: String { get }
    /// Whether our one script runs on it. Nothing may depend on that.
    var runsScript: Bool { get }
    /// What the template's names stand for; an absent name is an absent section.
    var values: [String: Any] { get }
}

extension Page {
    public var width: String { "narrow" }
    public var runsScript: Bool { false }
}

/// Escapes what stands in a page, scalar by scalar. Going by what a reader takes for one character, as the template
/// library does by itself, a quotation mark with an accent on it would be no quotation mark, and end an attribute.
struct PageContent: MustacheContentType {
    func escapeText(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { Self.escape($0) != nil }) else { return text }
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let replacement = Self.escape(scalar) {
                escaped.append(contentsOf: replacement.unicodeScalars)
            } else {
                escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String? {
        switch scalar {
        case "<": "&lt;"
        case ">": "&gt;"
        case "&": "&amp;"
        case "\"": "&quot;"
        case "'": "&#39;"
        default: nil
        }
    }
}

/// What every form carries.
public struct FormFrame: Sendable {
    public var action: String
    public var csrf: String
    /// The login flow's id; empty outside one.
    public var flow: String
    /// A kind, general sentence about what went wrong at the last try.
    public var error: String?

    public init(action: String, csrf: String, flow: String = "", error: String? = nil) {
        self.action = action
        self.csrf = csrf
        self.flow = flow
        self.error = error
    }

    func adding(_ more: [String: Any]) -> [String: Any] {
        var values: [String: Any] = ["action": action, "csrf": csrf, "flow": flow]
        if let error, !error.isEmpty { values["error"] = error }
        return values.merging(more) { _, new in new }
    }
}
