import Foundation
import Testing
import Vocabulary

@testable import HTTPAPI

/// Every page of the console, found by following its links from the first one, as a browser shows it on a phone and at a
/// desk, in the light and in the dark, judged by axe-core by WCAG 2.2 A and AA and by good practice.
@Suite("The console for everybody", .serialized)
struct ConsoleAccessibilityTests {
    private static let python = ProcessInfo.processInfo.environment["JUDGE_PYTHON"] ?? "python3"

    /// axe-core's script, where `.ci/python-venv` put it.
    private static let axe: String? = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let package =
            "import importlib.util as u; print(u.find_spec('axe_playwright_python').submodule_search_locations[0])"
        process.arguments = [python, "-c", package]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let folder = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        process.waitUntilExit()
        return try? String(contentsOfFile: folder + "/axe.min.js", encoding: .utf8)
    }()

    @Test(
        .enabled(if: axe != nil, "SKIPPED: PyPI's axe-playwright-python is not installed, so axe-core did not judge"),
        .timeLimit(.minutes(9)))
    func `axe-core finds nothing serious on any page, and none scrolls sideways`() async throws {
        let missing = Browser.programs.filter { !FileManager.default.isExecutableFile(atPath: $0) }
        try #require(missing.isEmpty, "Install chromium and chromium-driver (`.ci/packages test`).")
        let axe = try #require(Self.axe)
        try await ConsoleHouse.serving { house in
            let pages = try await ConsoleCrawl.pages(of: house)
            let own = ConsoleCrawl.readable(AdminConsole.sections.filter { ConsoleCrawl.seeded.contains($0.slug) })
            #expect(own.subtracting(pages.map(\.pattern)).isEmpty, "pages that no link leads to")
            let browser = try await Browser()
            do {
                for page in pages { try await judge(page, browser, axe) }
                // The judge judges: a field without a label is found out.
                let blind = "<html lang=en><title>x</title><main><h1>x</h1><input type=text></main></html>"
                let found = try await findings(blind, browser, axe)
                #expect(found.contains { $0.hasPrefix("label:") }, "\(found)")
            } catch {
                await browser.close()
                throw error
            }
            await browser.close()
        }
    }

    private func judge(_ page: ConsoleCrawl.Page, _ browser: Browser, _ axe: String) async throws {
        try await browser.prefer(dark: false)
        for width in [400, 1_280] as [Int64] {
            try await browser.resize(to: width)
            let found = try await findings(page.html, browser, axe)
            #expect(found.isEmpty, "\(page.place) at \(width): \(found.joined(separator: "\n"))")
            let isTooWide = try await browser.scrollsSideways(at: width)
            #expect(!isTooWide, "\(page.place) at \(width) pixels")
            try await keepPicture(of: page, width, browser)
        }
        try await browser.prefer(dark: true)
        let found = try await findings(page.html, browser, axe)
        #expect(found.isEmpty, "\(page.place) in the dark: \(found.joined(separator: "\n"))")
    }

    /// What axe-core has against a page, one line each.
    private func findings(_ html: String, _ browser: Browser, _ axe: String) async throws -> [String] {
        let file = NSTemporaryDirectory() + "console-\(UUID().uuidString).html"
        try html.write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await browser.open("file://" + file)
        _ = try await browser.run(axe + "; return 1")
        let answer = try await browser.run(
            """
            return axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
              .then(r => r.violations.map(v => v.id + ': ' + v.impact + ': ' + v.help + ': '
                + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join(' | ')))
            """)
        return try #require(answer.list).compactMap(\.string)
    }

    /// For whoever wants to look at the pages themselves.
    private func keepPicture(of page: ConsoleCrawl.Page, _ width: Int64, _ browser: Browser) async throws {
        guard let folder = ProcessInfo.processInfo.environment["CONSOLE_PICTURES"] else { return }
        let height = try await browser.run("return document.documentElement.scrollHeight").integer ?? 850
        try await browser.resize(to: width, min(max(height, 500), 2_400))
        let name = page.pattern.map { $0 == "/" ? "_" : String($0) }.joined()
        try await browser.picture().write(to: URL(fileURLWithPath: "\(folder)/console\(name)-\(width).png"))
    }
}

/// The console's pages, found as a person finds them.
enum ConsoleCrawl {
    struct Page {
        let place: String
        /// The route that it is a page of.
        let pattern: String
        /// With the style sheet in it, so that a file shows what the gateway would.
        let html: String
    }

    /// The sections that `ConsoleHouse` has something in, so that every page of theirs can be reached.
    static let seeded: Set<String> = [
        "people", "groups", "organization", "sessions", "roles", "entitlements", "duties", "risk", "decisions",
        "journal", "providers", "directory-jobs", "service-accounts",
    ]

    /// Pages of one route that are looked at.
    private static let perRoute = 2

    static func readable(_ sections: [AdminSection]) -> Set<String> {
        Set(
            sections.flatMap(\.routes).compactMap { route in
                switch route.kind {
                case .page, .form: route.path
                case .post, .file: nil
                }
            })
    }

    static func pages(of house: ConsoleHouse) async throws -> [Page] {
        let patterns = readable(AdminConsole.sections)
        let style = try PageRenderer(site: "Gatehouse").stylesheet
        let starts = starts(house)
        var (queue, seen, count) = (starts, Set<String>(), [String: Int]())
        var pages: [Page] = []
        while let place = queue.first {
            queue.removeFirst()
            guard let pattern = pattern(of: place, patterns), seen.insert(place).inserted,
                count[pattern, default: 0] < perRoute || place.contains("?")
                    || starts.contains(place)
            else { continue }
            try await house.adele.open(place)
            #expect(house.adele.status == 200, "\(place): \(house.adele.status)")
            guard house.adele.status == 200 else { continue }
            queue += links(on: house.adele.page)
            guard count[pattern, default: 0] < perRoute else { continue }
            count[pattern, default: 0] += 1
            let html = house.adele.page.replacing(/<link rel="stylesheet"[^>]*>/, with: "<style>\(style)</style>")
            pages.append(Page(place: place, pattern: pattern.isEmpty ? "/" : pattern, html: html))
        }
        return pages
    }

    /// The first page, those that a filter leads to, and those of whoever something can be done to.
    private static func starts(_ house: ConsoleHouse) -> [String] {
        [
            "", "/risk?who=ada", "/entitlements/access?who=ada", "/duties/findings?who=ada",
            "/decisions/ask?who=ada&action=read&resource_type=person&resource=x", "/organization", "/providers/corp",
            // Somebody who can be disabled, somebody who can be enabled, and somebody who is signed in.
            "/people/\(house.ids["otti"] ?? "")", "/people/\(house.ids["left"] ?? "")", "/people/adele",
            "/service-accounts/\(house.ids["retired"] ?? "")", "/groups/\(house.ids["group"] ?? "")",
        ]
    }

    private static func links(on page: String) -> [String] {
        page.matches(of: /href="\/admin([^"#]*)"/).map { String($0.output.1).replacing("&amp;", with: "&") }
    }

    /// The route of a place; literal parts count before parameters. Lists are followed to their first part only.
    private static func pattern(of place: String, _ patterns: Set<String>) -> String? {
        guard !place.contains("cursor="), !place.contains("done=") else { return nil }
        let path = place.prefix { $0 != "?" }
        if path.isEmpty { return "" }
        let parts = path.split(separator: "/")
        return patterns.filter { pattern in
            let own = pattern.split(separator: "/")
            return own.count == parts.count && zip(own, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }.min { $0.split(separator: "{").count < $1.split(separator: "{").count }
    }
}
