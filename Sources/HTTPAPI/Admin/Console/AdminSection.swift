import HTTPTypes
import Hummingbird
import Vocabulary

/// One section of the console: an entry of its navigation, and the pages below it.
///
/// A section is a value made in a file of its own, `Admin/<Name>/<Name>Section.swift`, and listed once in
/// `AdminConsole.sections`.
struct AdminSection: Sendable {
    /// The navigation's headings, in their order.
    enum Chapter: String, CaseIterable, Sendable {
        case people = "People"
        case access = "Access"
        case policies = "Policies"
        case records = "Records"
        case system = "System"
    }

    /// Its place below `/admin`, such as `people`.
    let slug: String
    /// What the navigation calls it.
    let title: String
    let chapter: Chapter
    /// What shows the entry, and whether it does: whoever lacks it gets neither entry nor pages.
    let access: Route.Access
    let routes: [AdminRoute]
    /// Who always finds it in the navigation, where everybody may come in: whoever a role gives one of these.
    var keepers: [(action: String, type: String)] = []
    /// The sentences that a page of the section may show after a change, by the word in `?done=`. What the query says is
    /// never shown itself.
    var notices: [String: String] = [:]
    /// What the section has to say on the console's first page.
    var summary: (@Sendable (AdminCall) async throws -> [AdminBlock])?
    /// Whether somebody whom no role gives the section has something in it all the same, such as a request to decide.
    var isOffered: (@Sendable (AdminCall) async throws -> Bool)?

    var path: String { "/" + slug }
}

/// One address of the console below `/admin`.
struct AdminRoute: Sendable {
    typealias Reader = @Sendable (AdminCall) async throws -> AdminPage
    typealias Submission = @Sendable (AdminCall, FormBody) async throws -> AdminOutcome
    typealias Download = @Sendable (AdminCall) async throws -> Response

    enum Kind: Sendable {
        /// A page to read.
        case page(Reader)
        /// A page with a form that is posted to the page's own address. Where the submission is refused as the caller's
        /// fault, the page is shown again with what was typed and why it was refused.
        case form(Reader, Submission)
        /// A post without a page of its own, such as a button in a table; a fault of it is shown as a message.
        case post(Submission)
        /// Bytes to keep, such as a report.
        case file(Download)
    }

    /// Below `/admin`, such as `/people/{person}`; braces name the parameters.
    let path: String
    /// Who may come here, in the words of the API's routes: the same permission opens both.
    let access: Route.Access
    /// Bytes of a form at most.
    let bodyLimit: Int
    let kind: Kind

    private init(_ path: String, _ access: Route.Access, _ bodyLimit: Int, _ kind: Kind) {
        self.path = path
        self.access = access
        self.bodyLimit = bodyLimit
        self.kind = kind
    }

    static func page(_ path: String, _ access: Route.Access, _ read: @escaping Reader) -> AdminRoute {
        AdminRoute(path, access, BrowserCall.formLimit, .page(read))
    }

    static func form(
        _ path: String, _ access: Route.Access, bodyLimit: Int = BrowserCall.formLimit, _ read: @escaping Reader,
        submit: @escaping Submission
    ) -> AdminRoute {
        AdminRoute(path, access, bodyLimit, .form(read, submit))
    }

    static func post(
        _ path: String, _ access: Route.Access, bodyLimit: Int = BrowserCall.formLimit, submit: @escaping Submission
    ) -> AdminRoute {
        AdminRoute(path, access, bodyLimit, .post(submit))
    }

    static func file(_ path: String, _ access: Route.Access, _ make: @escaping Download) -> AdminRoute {
        AdminRoute(path, access, BrowserCall.formLimit, .file(make))
    }
}

/// What becomes of a form that was accepted.
enum AdminOutcome: Sendable {
    /// On to another page, with a notice of its section.
    case moved(to: String, notice: String? = nil)
    /// An answer that is shown once and has no address, such as a new key or a simulation.
    case shown(AdminPage)
    /// What a script of ours asked for while somebody types; nothing is changed by it.
    case told(AttributeValue)
}

/// A form's refusal that the page says beside the field at fault; nil for the form as a whole.
struct AdminRefusal: Error, Sendable {
    let field: String?
    let sentence: String

    init(_ sentence: String, field: String? = nil) {
        self.field = field
        self.sentence = sentence
    }
}
