import Gateway
import OAuth
import SAML

/// A page that says one thing: an error, an explained refusal, a farewell.
public struct MessagePage: Page {
    /// How grave the message is; it decides the looks and nothing else.
    public enum Tone: String, Sendable { case plain, refused, done }

    /// Where to go from here.
    public struct Link: Sendable {
        public var label: String
        public var path: String
        /// One way of several, none of which is the obvious one.
        public var isQuiet: Bool

        public init(_ label: String, _ path: String, isQuiet: Bool = false) {
            self.label = label
            self.path = path
            self.isQuiet = isQuiet
        }
    }

    public var tone: Tone
    public var heading: String
    public var lead: String
    /// Why, in sentences that policy lets this person read.
    public var reasons: [String] = []
    /// What would change the answer.
    public var missing: [String] = []
    public var facts: [(name: String, value: String)] = []
    public var links: [Link] = []
    /// A form of one button, for what a link must not do by itself.
    public var form: Form?

    /// The form of a page that asks for a yes, and for a password where one has to stand behind it.
    public struct Form: Sendable {
        public var frame: FormFrame
        public var button: String
        /// The label of the password field; nil for none.
        public var password: String?
        /// Whose password it is, for password managers.
        public var username: String

        public init(_ frame: FormFrame, button: String, password: String? = nil, username: String = "") {
            self.frame = frame
            self.button = button
            self.password = password
            self.username = username
        }
    }

    public init(_ tone: Tone, _ heading: String, _ lead: String) {
        self.tone = tone
        self.heading = heading
        self.lead = lead
    }

    public var title: String { heading }
    public var template: String { "message" }
    public var values: [String: Any] {
        guard let form else { return texts }
        var more: [String: Any] = ["button": form.button, "username": form.username]
        if let password = form.password { more["password"] = password }
        return texts.merging(["form": form.frame.adding(more)]) { _, new in new }
    }

    private var texts: [String: Any] {
        [
            "tone": tone.rawValue, "heading": heading, "lead": lead, "reasons": reasons, "missing": missing,
            "hasReasons": !reasons.isEmpty, "hasMissing": !missing.isEmpty, "hasFacts": !facts.isEmpty,
            "facts": facts.map { ["name": $0.name, "value": $0.value] }, "hasLinks": !links.isEmpty,
            "links": links.map { ["label": $0.label, "path": $0.path, "quiet": $0.isQuiet] as [String: Any] },
        ]
    }

    /// What was asked and answered no: why, and what would change it.
    static func denied(_ heading: String, _ lead: String, _ trace: DecisionTrace) -> MessagePage {
        var page = MessagePage(.refused, heading, lead)
        page.reasons = trace.sentences
        page.missing = trace.missing
        return page
    }

    /// Somebody whom policy does not let into an application, with the reasons that it may be told by.
    static func barred(_ application: String, _ trace: DecisionTrace) -> MessagePage {
        var page = denied(
            "You may not go on to \(application)",
            "You are signed in as \(trace.login). It was asked whether you may use \(application), and the answer was no.",
            trace)
        page.facts = [("Application", application), ("Signed in as", trace.login)]
        return page
    }

    /// A client's request that nobody is sent on for: what is wrong with it, for whoever builds the client.
    static func refused(_ heading: String, _ lead: String, _ error: OAuthError) -> MessagePage {
        var page = MessagePage(.refused, heading, lead)
        page.facts = [("Error", error.code.rawValue)]
        if let description = error.description { page.facts.append(("What is wrong", description)) }
        return page
    }

    /// The same of an application that speaks SAML.
    static func refused(_ heading: String, _ lead: String, _ fault: MessageFault) -> MessagePage {
        var page = MessagePage(.refused, heading, lead)
        page.facts = [("Error", fault.code.rawValue), ("What is wrong", fault.detail)]
        return page
    }

    /// What is shown after the session has ended.
    public static func loggedOut(loginPath: String) -> MessagePage {
        var page = MessagePage(
            .done, "You are signed out", "Your session here and in the applications it opened has ended.")
        page.links = [Link("Sign in again", loginPath)]
        return page
    }

    /// The page of a `Problem` for a browser: its title, and the request's id to quote.
    public static func problem(_ problem: Problem, requestID: String) -> MessagePage {
        var page = MessagePage(
            .refused, problem.title, problem.detail ?? "If this goes on, tell your administrator the number below.")
        page.facts = [("Request", requestID)]
        return page
    }
}
