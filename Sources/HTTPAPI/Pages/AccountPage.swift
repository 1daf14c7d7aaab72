/// `/account`: what the gateway knows of the person, how they sign in, and where they are signed in.
public struct AccountPage: Page {
    /// One second factor of the person.
    public struct Factor: Sendable {
        public var name: String
        public var detail: String
        public var action: MessagePage.Link?

        public init(name: String, detail: String, action: MessagePage.Link? = nil) {
            self.name = name
            self.detail = detail
            self.action = action
        }
    }

    /// One session of the person, so that they can end those they do not know.
    public struct Session: Sendable {
        public var id: String
        public var device: String
        public var detail: String
        public var isCurrent: Bool
        public var csrf: String

        public init(id: String, device: String, detail: String, isCurrent: Bool, csrf: String) {
            self.id = id
            self.device = device
            self.detail = detail
            self.isCurrent = isCurrent
            self.csrf = csrf
        }
    }

    /// One sign-in of the past, and what stood out about it.
    public struct SignIn: Sendable {
        public var when: String
        public var detail: String
        public var isOdd: Bool

        public init(when: String, detail: String, isOdd: Bool) {
            self.when = when
            self.detail = detail
            self.isOdd = isOdd
        }
    }

    /// An application that the person let in.
    public struct Application: Sendable {
        public var id: String
        public var name: String
        public var detail: String
        public var csrf: String

        public init(id: String, name: String, detail: String, csrf: String) {
            self.id = id
            self.name = name
            self.detail = detail
            self.csrf = csrf
        }
    }

    public var notice: String?
    public var profile: [(name: String, value: String)]
    public var factors: [Factor]
    public var sessions: [Session]
    public var applications: [Application]
    public var withdrawPath: String
    /// Newest first.
    public var signIns: [SignIn]
    public var endPath: String
    public var endOthersPath: String
    public var endOthersToken: String
    /// Where the overview for administrators is; nil for whom it would refuse.
    public var adminPath: String?

    public init(
        notice: String? = nil, profile: [(name: String, value: String)], factors: [Factor], sessions: [Session],
        applications: [Application] = [], withdrawPath: String = "", signIns: [SignIn] = [], endPath: String,
        endOthersPath: String, endOthersToken: String, adminPath: String? = nil
    ) {
        self.notice = notice
        self.profile = profile
        self.factors = factors
        self.sessions = sessions
        self.applications = applications
        self.withdrawPath = withdrawPath
        self.signIns = signIns
        self.endPath = endPath
        self.endOthersPath = endOthersPath
        self.endOthersToken = endOthersToken
        self.adminPath = adminPath
    }

    public var title: String { "Your account" }
    public var template: String { "account" }
    public var width: String { "wide" }
    public var values: [String: Any] {
        var values: [String: Any] = [
            "profile": profile.map { ["name": $0.name, "value": $0.value] }, "endPath": endPath,
            "factors": factors.map(Self.row), "endOthersPath": endOthersPath, "endOthersToken": endOthersToken,
        ]
        values["sessions"] = sessions.map { session -> [String: Any] in
            [
                "id": session.id, "device": session.device, "detail": session.detail, "csrf": session.csrf,
                "isCurrent": session.isCurrent,
            ]
        }
        values["applications"] = applications.map {
            ["id": $0.id, "name": $0.name, "detail": $0.detail, "csrf": $0.csrf]
        }
        values["hasApplications"] = !applications.isEmpty
        values["withdrawPath"] = withdrawPath
        values["signIns"] = signIns.map { ["when": $0.when, "detail": $0.detail, "isOdd": $0.isOdd] as [String: Any] }
        values["hasSignIns"] = !signIns.isEmpty
        if let notice { values["notice"] = notice }
        if let adminPath { values["adminPath"] = adminPath }
        return values
    }

    private static func row(_ factor: Factor) -> [String: Any] {
        var row: [String: Any] = ["name": factor.name, "detail": factor.detail]
        if let action = factor.action {
            row["actionPath"] = action.path
            row["actionLabel"] = action.label
        }
        return row
    }
}
