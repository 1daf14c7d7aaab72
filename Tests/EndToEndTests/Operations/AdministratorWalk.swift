import Foundation
import Identity
import Testing
import Vocabulary

/// The first administrator's way from the set-up link to the account page, and every secret that was used on it.
final class AdministratorWalk {
    let browser: FormBrowser
    private let installed: Installed
    private(set) var secrets: [String: String] = [:]
    private var totpSecret: [UInt8] = []
    private let password = "walrus harmonica \(UInt32.random(in: 100_000...999_999)) lighthouse"

    init(_ installed: Installed) throws {
        self.installed = installed
        browser = try installed.browser()
    }

    /// Opens the link, chooses a password, enrols an authenticator, keeps the recovery codes.
    func setUp(_ link: String) async throws {
        secrets["link token"] = String(link.split(separator: "/").last ?? "")
        secrets["password"] = password
        try await browser.open(link)
        note("pre-session cookie")
        try await browser.submit(formWith: "csrf")
        try await browser.submit(formWith: "repeated", ["password": password, "repeated": password])
        let text = try #require(
            browser.page.firstMatch(of: /<p class="secret"><code>([A-Z2-7 ]+)<\/code>/),
            "no secret on \(browser.url): \(browser.page.suffix(900))")
        let secret = text.output.1.filter { $0 != " " }
        secrets["TOTP secret in base32"] = String(secret)
        totpSecret = try #require(Base32.decode(String(secret)))
        try await browser.submit(formWith: "code", ["code": code("TOTP code at enrolment", steps: 0)])
        let codes = browser.page.matches(of: /<li><code>([^<]+)<\/code>/).map { String($0.output.1) }
        #expect(codes.count == 10)
        for (index, code) in codes.enumerated() { secrets["recovery code \(index)"] = code }
        try await browser.submit(formWith: "kept", ["kept": "yes"])
        note("session cookie")
        #expect(
            browser.status == 200 && browser.url.hasSuffix("/account"), "\(browser.url): \(browser.page.suffix(600))")
    }

    /// Signs in again from another browser, with the next code of the authenticator.
    func signIn() async throws -> FormBrowser {
        let other = try installed.browser()
        try await other.open("https://localhost:\(installed.port)/login")
        try await other.submit(formWith: "identifier", ["identifier": "admin"])
        try await other.submit(formWith: "password", ["password": password])
        try await other.submit(formWith: "code", ["code": code("TOTP code at login", steps: 1)])
        for (name, value) in other.cookies { secrets["\(name) of the second login"] = value }
        #expect(other.url.hasSuffix("/account"), "\(other.url): \(other.page.suffix(600))")
        return other
    }

    /// The code of this step or of the next one, which is accepted as well.
    private func code(_ name: String, steps: Int64) -> String {
        let step = Int64(Date().timeIntervalSince1970) / 30 + steps
        let code = TOTP()?.code(secret: SecretBytes(totpSecret), counter: UInt64(step)) ?? ""
        secrets[name] = code
        return code
    }

    private func note(_ what: String) {
        for (name, value) in browser.cookies { secrets["\(what) \(name)"] = value }
    }
}
