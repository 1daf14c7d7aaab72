import Foundation
import Testing
import Vocabulary

@testable import HTTPAPI

@Suite("Pages")
struct PageTests {
    let form = FormFrame(action: "/login", csrf: "token", flow: "flow", error: "That did not work. <Try> again.")

    var pages: [(String, any Page)] {
        var account = AccountPage(
            profile: [("Name", "Ada Lovelace"), ("E-mail", "ada@example.org"), ("Roles", "Developer, Reviewer")],
            factors: [
                .init(name: "Password", detail: "Changed 3 weeks ago", action: .init("Change", "/account/password")),
                .init(
                    name: "Authenticator app", detail: "Since 1 October 2026", action: .init("Replace", "/account/totp")
                ),
            ],
            sessions: [
                .init(id: "1", device: "Firefox on Linux", detail: "192.0.2.7 · now", isCurrent: true, csrf: "t"),
                .init(
                    id: "2", device: "Safari on iPhone", detail: "198.51.100.4 · yesterday", isCurrent: false, csrf: "t"
                ),
            ], endPath: "/account/sessions/end", endOthersPath: "/account/sessions/end-others", endOthersToken: "t")
        account.notice = "The session was ended."
        var denied = MessagePage(.refused, "You may not open this", "Reports is not open to your account.")
        denied.reasons = ["Rule “reports-read” needs the role Analyst."]
        denied.missing = ["Membership in a group that gives the role Analyst."]
        denied.links = [MessagePage.Link("Your account", "/account")]
        var question = MessagePage(.plain, "Remove the authenticator app?", "From then on your password signs you in.")
        question.form = MessagePage.Form(form, button: "Remove", password: "Your password", username: "ada")
        return [
            (
                "login",
                LoginPage(
                    form: form, lead: "to continue to Reports", identifier: "ada\"><script>",
                    providers: [
                        .init(id: "1", name: "Company directory", isChosen: true), .init(id: "2", name: "Gatehouse"),
                    ])
            ),
            (
                "password",
                PasswordPage(
                    form: form, identifier: "ada@example.org", provider: "Company directory", restartPath: "/login")
            ),
            ("totp", SecondFactorPage(form: form, method: .totp, otherPath: "/login?method=recovery_code")),
            ("recovery", SecondFactorPage(form: form, method: .recoveryCode)),
            (
                "enrol",
                EnrolTOTPPage(
                    form: form,
                    qr: QRCode("otpauth://totp/Gatehouse:ada?secret=JBSWY3DPEHPK3PXP&issuer=Gatehouse")!.dataURI,
                    secret: "JBSWY3DPEHPK3PXP")
            ),
            ("codes", RecoveryCodesPage(form: form, codes: (0..<10).map { "k7qf-\(1000 + $0)-zm2x" })),
            (
                "set",
                SetPasswordPage(form: form, occasion: .invitation, identifier: "ada@example.org", minimumLength: 15)
            ),
            (
                "change",
                SetPasswordPage(form: form, occasion: .change, identifier: "ada@example.org", minimumLength: 15)
            ),
            ("denied", denied), ("question", question), ("out", MessagePage.loggedOut(loginPath: "/login")),
            ("problem", MessagePage.problem(Problem(status: 500), requestID: "abc12345")), ("account", account),
            ("console", ConsolePageTests.page),
        ]
    }

    let header = PageHeader(name: "Ada Lovelace", accountPath: "/account", logoutPath: "/logout", logoutToken: "t")

    @Test("every page renders whole, without script, inline style or an unfilled tag")
    func rendered() throws {
        let renderer = try PageRenderer(site: "Example & Sons")
        for (name, page) in pages {
            let html = renderer.html(page, person: page.width == "narrow" ? nil : header)
            #expect(html.hasSuffix("</html>\n"), "\(name)")
            #expect(html.contains("Example &amp; Sons"), "\(name)")
            for forbidden in ["<script", "style=", "<style", "{{", "javascript:", " on" + "click", "<b>"] {
                #expect(!html.contains(forbidden), "\(name) holds \(forbidden)")
            }
            #expect(html.contains("<h1>"), "\(name)")
        }
    }

    @Test("a form post carries its token, and an error is linked to its field")
    func forms() throws {
        let html = try PageRenderer(site: "Gatehouse").html(
            PasswordPage(form: form, identifier: "ada", restartPath: "/login"))
        #expect(html.contains("name=\"csrf\" value=\"token\""))
        #expect(html.contains("aria-describedby=\"error\""))
        #expect(html.contains("That did not work. &lt;Try&gt; again."))
        #expect(html.contains("autocomplete=\"current-password\""))
        var calm = form
        calm.error = nil
        let first = try PageRenderer(site: "Gatehouse").html(
            PasswordPage(form: calm, identifier: "ada", restartPath: "/login"))
        #expect(!first.contains("aria-invalid"))
    }

    @Test("times are written for people")
    func times() {
        #expect(Timestamp(seconds: 1_795_247_313).reading == "21 Nov 2026, 07:48 UTC")
        #expect(Timestamp(seconds: 0).reading == "1 Jan 1970, 00:00 UTC")
    }
}
