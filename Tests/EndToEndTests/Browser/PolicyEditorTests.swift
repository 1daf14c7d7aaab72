import Foundation
import Testing
import Vocabulary

/// The editor of a rule in a real browser: with its script, which says what is wrong while somebody types, and without.
@Suite("A rule written in a browser", .serialized)
struct PolicyEditorTests {
    private static let password = "five unrelated copper kettles"
    private static let broken = "{\"id\": \"no-deletes\", \"effect\": \"denied\"}"
    private static let sound = "{\"id\": \"no-deletes\", \"effect\": \"deny\", \"actions\": [\"delete\"]}"

    @Test("S3-34 what is wrong is said while it is typed, and is gone once it is mended", .timeLimit(.minutes(2)))
    func whileTyping() async throws {
        try await editing(runsScripts: true) { browser, demo in
            try await browser.type(Self.broken, into: "textarea.code")
            try await browser.shows("This cannot be used yet.")
            #expect(try await browser.text(of: ".findings").contains("Use one of `allow`, `deny`"))
            try await browser.type("{\"id\": \"<img src=x>\", \"effect\": \"deny\", \"x\": 1}", into: "textarea.code")
            try await browser.shows("unknown key")
            #expect(try await browser.texts(of: ".findings img").isEmpty, "what was typed is said as text")
            try await browser.type(Self.sound, into: "textarea.code")
            try await browser.shows("Nothing is wrong with it.")
            for width in [400, 1_280] as [Int64] { #expect(try await !browser.scrollsSideways(at: width), "\(width)") }
            try await browser.submit()
            try await browser.shows("The rule is added.")
            for width in [400, 1_280] as [Int64] { #expect(try await !browser.scrollsSideways(at: width), "\(width)") }
        }
    }

    @Test("S3-34 with JavaScript switched off the Check button says the same", .timeLimit(.minutes(2)))
    func withoutScripts() async throws {
        try await editing(runsScripts: false) { browser, demo in
            try await browser.type(Self.broken, into: "textarea.code")
            try await browser.click("button[value=check]")
            try await browser.shows("This cannot be used yet")
            try await browser.type(Self.sound, into: "textarea.code")
            try await browser.click("button[value=check]")
            try await browser.shows("Nothing is wrong with it")
            try await browser.submit()
            try await browser.shows("The rule is added.")
        }
    }

    /// The demo's administrator, in front of the editor of a new rule.
    private func editing(
        runsScripts: Bool, _ body: (Browser, RunningDemo) async throws -> Void
    ) async throws {
        let missing = Browser.programs.filter { !FileManager.default.isExecutableFile(atPath: $0) }
        try #require(missing.isEmpty, "Install chromium and chromium-driver (`.ci/packages test`).")
        let demo = try await RunningDemo()
        let browser = try await Browser(runsScripts: runsScripts)
        do {
            try await begin(browser, demo)
            try await body(browser, demo)
        } catch {
            await browser.close()
            await demo.stopped()
            throw error
        }
        await browser.close()
        await demo.stopped()
    }

    private func begin(_ browser: Browser, _ demo: RunningDemo) async throws {
        try await browser.open(demo.setupLink)
        try await browser.submit()
        try await browser.type(Self.password, into: "input[name=password]")
        try await browser.type(Self.password, into: "input[name=repeated]")
        try await browser.submit()
        try await browser.reaches(demo.gateway + "/account")
        try await browser.open(demo.gateway + "/admin/policies/new")
        try await browser.type("Documents stay", into: "input[name=name]")
        try await browser.submit()
        try await browser.shows("The policy is made, as a draft.")
        try await browser.click("a", reading: "Add a rule")
        try await browser.shows("What is wrong with it is said below while you type.")
    }
}
