import Fetch
import Fixtures
import Foundation
import Gateway
import Vocabulary

/// The part of the tour about two factors: a page asks for them, an invitation lets a first one be set up, and every
/// code works once.
extension DemoTour {
    typealias Step = (String, () async throws -> Void)

    var secondFactorSteps: [Step] {
        let keeping = KeptFactors()
        return [
            (
                "the sealed page asks ada for a second factor, and a program for the same in its own words",
                sealedPageAsks
            ),
            (
                "an invitation lets ada set up her authenticator, and the same request then passes",
                { try await adaEnrols(keeping) }
            ),
            ("ada signs in with a code, and the same code is refused after it", { try await codeWorksOnce(keeping) }),
            ("a recovery code signs ada in, once", { try await recoveryCodeWorksOnce(keeping) }),
        ]
    }

    private var sealedPage: String { stage.settings.url(DemoSettings.applicationHost, "/sealed") }

    private func sealedPageAsks() async throws {
        let browser = try await signedIn("ada", opening: stage.settings.url(DemoSettings.applicationHost, "/"))
        try await browser.request(.get, sealedPage, accepting: "application/json")
        let challenge = browser.challenge ?? ""
        try expect(
            browser.status == 401 && challenge.contains("insufficient_user_authentication")
                && challenge.contains("urn:gatehouse:aal:2"),
            "A program got \(browser.status) and \"\(challenge)\" instead of a challenge for two factors.")
        try await browser.open(sealedPage)
        try expect(
            browser.page.contains("An invitation is needed"),
            "A password alone led to \(browser.url) (\(browser.status)) instead of a page that asks for an invitation.")
    }

    private func adaEnrols(_ keeping: KeptFactors) async throws {
        let browser = try await signedIn("ada", opening: sealedPage)
        let made = try await ControlClient(socket: ControlSocket(stage.gateway.configuration).path).call(
            .post, "/api/v1/links", ["purpose": "invitation", "person": "ada"])
        try await browser.submit(formWith: "code", ["code": made["url"]?.string ?? ""])
        let secret = browser.page.firstMatch(of: /class="secret"><code>([A-Z2-7 ]+)</).map { String($0.output.1) } ?? ""
        guard let app = AuthenticatorApp(secret: secret) else {
            throw CommandRefusal("After the invitation, \(browser.url) showed no secret to set up.")
        }
        try expect(browser.page.contains("src=\"data:image/"), "The page has no QR code.")
        try await browser.submit(formWith: "code", ["code": app.code(at: now)])
        keeping.codes = browser.page.matches(of: /<li><code>([^<]+)</).map { String($0.output.1) }
        try expect(keeping.codes.count == 10, "There were \(keeping.codes.count) recovery codes instead of ten.")
        keeping.app = app
        try await browser.submit(formWith: "kept", [:])
        try expectSealedPage(browser)
    }

    private func codeWorksOnce(_ keeping: KeptFactors) async throws {
        // The step that follows the one used for setting up, so that nobody has to wait for half a minute.
        keeping.used = keeping.app?.code(at: now, stepsAhead: 1) ?? ""
        let browser = try await signedIn("ada", opening: sealedPage)
        try await browser.submit(formWith: "code", ["code": keeping.used])
        try expectSealedPage(browser)
        let thief = try await signedIn("ada", opening: sealedPage)
        try await thief.submit(formWith: "code", ["code": keeping.used])
        try expectRefusal(thief)
    }

    private func recoveryCodeWorksOnce(_ keeping: KeptFactors) async throws {
        guard let code = keeping.codes.first else { throw CommandRefusal("There is no recovery code to use.") }
        let browser = try await signedIn("ada", opening: sealedPage)
        try await useRecovery(code, browser)
        try expectSealedPage(browser)
        let thief = try await signedIn("ada", opening: sealedPage)
        try await useRecovery(code, thief)
        try expectRefusal(thief)
    }

    private func useRecovery(_ code: String, _ browser: TourBrowser) async throws {
        guard let link = browser.page.firstMatch(of: /href="([^"]*method=recovery_code[^"]*)"/) else {
            throw CommandRefusal("\(browser.url) offers no recovery code.")
        }
        try await browser.open(TourBrowser.resolve(HTMLForm.plain(link.output.1), against: browser.url))
        try await browser.submit(formWith: "code", ["code": code])
    }

    private func expectSealedPage(_ browser: TourBrowser) throws {
        try expect(
            browser.status == 200 && browser.url == sealedPage && browser.page.contains("<h1>Sealed</h1>"),
            "ada ended at \(browser.url) (\(browser.status)) instead of the sealed page.")
    }

    private func expectRefusal(_ browser: TourBrowser) throws {
        try expect(
            browser.page.contains("role=\"alert\"") && browser.url != sealedPage,
            "A code was taken a second time: \(browser.status) at \(browser.url).")
    }

    private var now: Int64 { Int64(Date().timeIntervalSince1970) }
}

/// What ada keeps from one step of the tour to the next. The steps run one after another.
private final class KeptFactors {
    var app: AuthenticatorApp?
    var codes: [String] = []
    var used = ""
}
