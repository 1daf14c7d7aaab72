import Foundation
import Gateway
import HTTPAPI
import Synchronization
import Testing
import Vocabulary

/// What an approver sees on a telephone, in a real browser.
@Suite("Approvals on a telephone", .serialized)
struct ApprovalPhoneTests {
    /// Pages as they were served, with the style sheet in them, so that a file shows what the gateway would.
    private static func pages() async throws -> [(name: String, html: String, buttons: [String])] {
        let collected = Collected()
        let running = try await TestGateway.open(extra: ConsolePerson.local)
        try await running.serveApprovals { house in
            let api = house.house.api
            let id = try await house.ask(
                why: "the quarter ends, and " + String(repeating: "averylongwordwithoutanybreak", count: 8))
            let olga = try await ConsolePerson.enter("olga", api)
            try await olga.open("/approvals")
            collected.add("inbox", olga.page, [])
            try await olga.open("/approvals/\(id)")
            collected.add("approval", olga.page, ["Approve", "Reject"])
            try await olga.open("/approvals/\(id)/delegate")
            collected.add("delegate", olga.page, ["Delegate"])
            let made = try await house.say("invite", id, token: house.clerk)
            let visitor = WebPerson(api.client)
            try await visitor.open(try #require(made.body?["link"]?.string))
            collected.add("outside", visitor.page, ["Approve", "Reject"])
        }
        let style = try PageRenderer(site: "Gatehouse").stylesheet
        return collected.pages.map { page in
            (page.0, page.1.replacing(/<link rel="stylesheet"[^>]*>/, with: "<style>\(style)</style>"), page.2)
        }
    }

    private final class Collected: Sendable {
        private let memory = Mutex<[(String, String, [String])]>([])
        var pages: [(String, String, [String])] { memory.withLock { $0 } }
        func add(_ name: String, _ html: String, _ buttons: [String]) {
            memory.withLock { $0.append((name, html, buttons)) }
        }
    }

    @Test(
        "S4-79 what waits is read and decided at 400 pixels: nothing scrolls sideways, buttons are large enough for thumbs",
        .timeLimit(.minutes(4)))
    func phone() async throws {
        let missing = Browser.programs.filter { !FileManager.default.isExecutableFile(atPath: $0) }
        try #require(missing.isEmpty, "Install chromium and chromium-driver (`.ci/packages test`).")
        let pages = try await Self.pages()
        #expect(pages.count == 4)
        let browser = try await Browser()
        do {
            for page in pages { try await judge(page, browser) }
        } catch {
            await browser.close()
            throw error
        }
        await browser.close()
    }

    private func judge(_ page: (name: String, html: String, buttons: [String]), _ browser: Browser) async throws {
        let file = NSTemporaryDirectory() + "approval-\(UUID().uuidString).html"
        try page.html.write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await browser.open("file://" + file)
        for width in [400, 1_280] as [Int64] {
            let isTooWide = try await browser.scrollsSideways(at: width)
            #expect(!isTooWide, "\(page.name) at \(width) pixels")
        }
        try await browser.resize(to: 400)
        for button in page.buttons {
            let size =
                try await browser.run(
                    """
                    const found = [...document.querySelectorAll('main button')].find(b => b.textContent.trim() === '\(button)');
                    if (!found) return null;
                    const box = found.getBoundingClientRect();
                    return [Math.round(box.width), Math.round(box.height)];
                    """
                ).list?.compactMap(\.integer) ?? []
            // WCAG 2.2, 2.5.8 asks for 24 by 24; a thumb for more.
            #expect(size.count == 2 && size.allSatisfy { $0 >= 40 }, "\(button) of \(page.name) is \(size)")
        }
    }
}
