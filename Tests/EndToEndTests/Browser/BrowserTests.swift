import Fixtures
import Foundation
import Testing
import Vocabulary

/// What a person goes through, with a real browser and without a script of ours, at the widths of a telephone and a desk.
@Suite("A person with a browser", .serialized)
struct BrowserTests {
    @Test(.timeLimit(.minutes(2)))
    func `signs in, is permitted or told why, looks after the account and signs out`() async throws {
        try await withBrowser { browser, demo in
            try await Visit(browser, demo).directoryPeople()
            try await Visit(browser, demo).twoFactors()
            try await Visit(browser, demo).localAdministrator()
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `signs in, is permitted or told why and signs out with JavaScript switched off`() async throws {
        try await withBrowser(runsScripts: false) { browser, demo in
            let page = "<p>scripts are off</p><script>document.body.textContent = 'scripts are on'</script>"
            try await browser.open("data:text/html," + page)
            try await browser.shows("scripts are off")
            try await Visit(browser, demo, isMeasured: false).directoryPeople()
        }
    }

    private func withBrowser(runsScripts: Bool = true, _ body: (Browser, RunningDemo) async throws -> Void) async throws
    {
        let missing = Browser.programs.filter { !FileManager.default.isExecutableFile(atPath: $0) }
        try #require(missing.isEmpty, "Install chromium and chromium-driver (`.ci/packages test`).")
        let demo = try await RunningDemo()
        let browser = try await Browser(runsScripts: runsScripts)
        do { try await body(browser, demo) } catch {
            await browser.close()
            await demo.stopped()
            throw error
        }
        await browser.close()
        await demo.stopped()
    }
}

/// One person at the browser.
private struct Visit {
    let browser: Browser
    let demo: RunningDemo
    /// Measuring runs a script of the driver's own.
    let isMeasured: Bool

    init(_ browser: Browser, _ demo: RunningDemo, isMeasured: Bool = true) {
        self.browser = browser
        self.demo = demo
        self.isMeasured = isMeasured
    }

    // MARK: Steps

    /// No page may scroll sideways, at no width that people use.
    private func fits(_ page: String) async throws {
        guard isMeasured else { return }
        for width in [360, 1_280] as [Int64] {
            let isTooWide = try await browser.scrollsSideways(at: width)
            #expect(!isTooWide, "\(page) at \(width) pixels")
        }
    }

    private func signIn(_ login: String, _ password: String) async throws {
        try await browser.type(login, into: "input[name=identifier]")
        try await browser.click("label", reading: "Demo directory")
        try await browser.submit()
        try await browser.type(password, into: "input[name=password]")
        try await browser.submit()
    }

    private func signOut() async throws {
        try await browser.open(demo.gateway + "/account")
        try await browser.click("header button[type=submit]")
        try await browser.shows("You are signed out")
    }

    private func enter(code: String) async throws {
        try await browser.type(code, into: "input[name=code]")
        try await browser.submit()
    }

    // MARK: People of the directory

    func directoryPeople() async throws {
        let restricted = demo.application + "/restricted"
        try await browser.open(restricted)
        try await browser.reaches(demo.gateway + "/login")
        try await fits("the login page")
        // Somebody else than those who sign in below: a wrong password makes its person wait for a moment.
        try await browser.type("alan", into: "input[name=identifier]")
        try await browser.click("label", reading: "Demo directory")
        try await browser.submit()
        try await fits("the password page")
        try await browser.type("not the password of alan", into: "input[name=password]")
        try await browser.submit()
        try await browser.shows("We could not sign you in")
        try await browser.open(restricted)
        try await signIn("ada", "ada signs in to the demo")
        try await browser.reaches(restricted)
        try await browser.shows("It says yes to you.")
        try await signOut()
        try await browser.open(restricted)
        // The application's session ended with the one it hung on.
        try await browser.reaches(demo.gateway + "/login")
        try await graceIsTold(restricted)
    }

    private func graceIsTold(_ restricted: String) async throws {
        try await signIn("grace", "grace signs in to the demo")
        try await browser.reaches(restricted)
        try await browser.shows("You would have to hold the role VaultKeeper.")
        try await fits("the explained deny")
        try await browser.click("a", reading: "Your account")
        try await browser.reaches(demo.gateway + "/account")
        try await browser.shows("grace@demo.localhost")
        try await fits("the account page")
        try await signOut()
        try await fits("the farewell")
        try await browser.open(demo.gateway + "/account")
        try await browser.reaches(demo.gateway + "/login")
    }

    // MARK: Two factors

    func twoFactors() async throws {
        let sealed = demo.application + "/sealed"
        let (app, codes) = try await enrol()
        try await browser.open(sealed)
        try await browser.reaches(sealed)
        try await browser.shows("You have.")
        try await signOut()
        // The step after the one used for setting up: nobody waits for half a minute.
        let code = app.code(at: now, stepsAhead: 1)
        try await openSealed()
        try await fits("the page that asks for a code")
        try await enter(code: code)
        try await browser.reaches(sealed)
        try await signOut()
        try await openSealed()
        try await enter(code: code)
        try await browser.shows("That code is not right, or was used before.")
        try await recover(codes[0])
        try await browser.reaches(sealed)
        try await signOut()
        try await openSealed()
        try await recover(codes[0])
        try await browser.shows("That code is not right, or was used before.")
        try await recover(codes[1])
        try await browser.reaches(sealed)
        try await signOut()
    }

    /// ada by her invitation, with the QR code read by another's decoder.
    private func enrol() async throws -> (AuthenticatorApp, [String]) {
        try await browser.open(demo.invitation)
        try await fits("the invitation")
        try await browser.submit()
        try await signIn("ada", "ada signs in to the demo")
        try await browser.shows("Set up your authenticator")
        try await fits("the set-up of an authenticator")
        let uri = try QRReader.text(in: try await browser.picture(of: "img.qr"))
        try await browser.click("summary")
        let secret = try await browser.text(of: ".secret code")
        #expect(uri.hasPrefix("otpauth://totp/"))
        #expect(uri.contains("secret=" + secret.filter { $0 != " " }), "The picture and the text say the same.")
        let app = try #require(AuthenticatorApp(secret: secret))
        try await enter(code: "000000")
        try await browser.shows("That code is not right")
        try await enter(code: app.code(at: now))
        try await browser.shows("Keep these recovery codes")
        try await fits("the recovery codes")
        let codes = try await browser.texts(of: ".codes code")
        try #require(codes.count == 10)
        try await browser.click("input[name=kept]")
        try await browser.submit()
        try await browser.reaches(demo.gateway + "/account")
        try await browser.shows("10 are left.")
        try await fits("the account page with two factors")
        return (app, codes)
    }

    private func openSealed() async throws {
        try await browser.open(demo.application + "/sealed")
        try await signIn("ada", "ada signs in to the demo")
        try await browser.shows("Verify it is you")
    }

    private func recover(_ code: String) async throws {
        if try await browser.text.contains("Use a recovery code instead") {
            try await browser.click("a", reading: "Use a recovery code instead")
        }
        try await browser.shows("Use a recovery code")
        try await enter(code: code)
    }

    private var now: Int64 { Int64(Date().timeIntervalSince1970) }

    // MARK: A local password

    func localAdministrator() async throws {
        try await browser.open(demo.setupLink)
        try await browser.submit()
        try await browser.shows("Welcome")
        try await fits("the page for a first password")
        try await choose("passwordpassword")
        try await browser.shows("It is on the list of common passwords")
        try await choose("five unrelated copper kettles")
        try await browser.reaches(demo.gateway + "/account")
        try await browser.shows("Administrator")
        try await browser.open(demo.gateway + "/admin")
        try await browser.shows("Newest journal entries")
        try await fits("the overview for administrators")
        try await browser.open(demo.gateway + "/account/password")
        try await browser.type("five unrelated copper kettles", into: "input[name=current]")
        try await choose("gatehouse demo admin admin")
        try await fits("the change of a password")
        try await browser.shows("It contains the login name")
        try await browser.type("five unrelated copper kettles", into: "input[name=current]")
        try await choose("seven different walnut ladders")
        try await browser.shows("Your password is changed")
        try await signOut()
    }

    private func choose(_ password: String) async throws {
        try await browser.type(password, into: "input[name=password]")
        try await browser.type(password, into: "input[name=repeated]")
        try await browser.submit()
    }
}

/// zbarimg, a decoder that shares nothing with our encoder.
private enum QRReader {
    static func text(in picture: Data) throws -> String {
        let file = NSTemporaryDirectory() + "qr-\(UUID().uuidString).png"
        try picture.write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/zbarimg")
        process.arguments = ["-q", "--raw", "-Sdisable", "-Sqrcode.enable", file]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        return String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }
}
