import Fetch
import Fixtures
import Foundation
import Glibc
import Vocabulary

/// A headless Chromium driven by the W3C WebDriver protocol (https://www.w3.org/TR/webdriver2/) through Debian's
/// chromedriver, on loopback. Every wait has a deadline and looks again; nothing sleeps for a guessed time.
final class Browser {
    private let driver = Process()
    /// Where both keep what they would leave behind; short, because sockets are in it.
    private let folder = NSTemporaryDirectory() + "browser-\(UUID().uuidString.prefix(8))"
    private let base: String
    private let fetcher: HTTPFetcher
    private var limits = FetchLimits()
    private var session = ""

    static let programs = ["/usr/bin/chromium", "/usr/bin/chromedriver"]
    private static let patience: Duration = .seconds(20)
    private static let elementKey = "element-6066-11e4-a52e-4f735466cecf"

    /// Starts the driver and a browser to which every `*.localhost` is this machine.
    ///
    /// - Parameter runsScripts: false for a browser whose user has switched JavaScript off.
    init(runsScripts: Bool = true) async throws {
        let port = try LoopbackPort.free()
        base = "http://127.0.0.1:\(port)"
        var settings = FetchConfiguration()
        settings.plainHTTP = .loopbackOnly
        settings.allowedNetworks = [CIDR("127.0.0.0/8")].compactMap { $0 }
        fetcher = try HTTPFetcher(settings)
        limits.totalTimeout = .seconds(30)
        limits.responseBytes = 16 << 20
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        driver.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": folder]) { $1 }
        driver.executableURL = URL(fileURLWithPath: Self.programs[1])
        driver.arguments = ["--port=\(port)"]
        driver.standardOutput = FileHandle.nullDevice
        driver.standardError = FileHandle.nullDevice
        try driver.run()
        try await begin(runsScripts: runsScripts)
    }

    private func begin(runsScripts: Bool) async throws {
        let options: AttributeValue = [
            "prefs": ["profile.managed_default_content_settings.javascript": .integer(runsScripts ? 1 : 2)],
            "args": [
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                "--host-resolver-rules=MAP *.localhost 127.0.0.1",
            ],
        ]
        // The demo's authority is made anew each time and known to no browser.
        let wanted: AttributeValue = [
            "capabilities": ["alwaysMatch": ["acceptInsecureCerts": true, "goog:chromeOptions": options]]
        ]
        try await waiting("a browser") {
            self.session = "/session/" + (try await self.call("POST", "/session", wanted)["sessionId"]?.string ?? "")
            return true
        }
    }

    /// Ends the browser and its driver.
    func close() async {
        _ = try? await call("DELETE", session)
        kill()
    }

    deinit { kill() }

    /// A child begins with the signals blocked that are blocked in the thread that started it, and chromedriver then never
    /// hears of SIGTERM; what it had to do was done with the session.
    private func kill() {
        if driver.isRunning { Glibc.kill(driver.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    // MARK: Going somewhere

    func open(_ url: String) async throws { _ = try await call("POST", session + "/url", ["url": .string(url)]) }

    var url: String { get async throws { try await call("GET", session + "/url").string ?? "" } }

    /// Waits until the page's address begins so; a hand-over takes a moment.
    func reaches(_ prefix: String) async throws {
        try await waiting("the address \(prefix)") { try await self.url.hasPrefix(prefix) }
    }

    /// Waits until the page says this.
    func shows(_ words: String) async throws {
        try await waiting("\"\(words)\"") { try await self.text.contains(words) }
    }

    /// The visible text of the page.
    var text: String {
        get async throws { try await call("GET", session + "/element/\(find("body"))/text").string ?? "" }
    }

    func text(of css: String) async throws -> String {
        try await call("GET", session + "/element/\(find(css))/text").string ?? ""
    }

    func texts(of css: String) async throws -> [String] {
        let found = try await call("POST", session + "/elements", ["using": "css selector", "value": .string(css)])
        var texts: [String] = []
        for element in found.list ?? [] {
            texts.append(try await call("GET", session + "/element/\(Self.id(element))/text").string ?? "")
        }
        return texts
    }

    // MARK: Acting

    func type(_ text: String, into css: String) async throws {
        let element = try await find(css)
        _ = try await call("POST", session + "/element/\(element)/clear", .object([:]))
        _ = try await call("POST", session + "/element/\(element)/value", ["text": .string(text)])
    }

    func click(_ css: String) async throws {
        _ = try await call("POST", session + "/element/\(find(css))/click", .object([:]))
    }

    /// Clicks the element of this name that reads so.
    func click(_ name: String, reading words: String) async throws {
        let path = "//\(name)[normalize-space()='\(words)']"
        let found = try await element("xpath", path)
        _ = try await call("POST", session + "/element/\(found)/click", .object([:]))
    }

    /// Presses the button of the page's own form and waits until another page has come.
    func submit() async throws {
        let old = try await find("html")
        try await click("main form button[type=submit]")
        try await waiting("the page after a form") {
            // WebDriver §12: an element of a page that is gone is a stale reference.
            (try? await self.call("GET", self.session + "/element/\(old)/name")) == nil
        }
    }

    // MARK: Looking

    /// What a script of the test's own answers; a promise is waited for.
    func run(_ script: String) async throws -> AttributeValue {
        try await call("POST", session + "/execute/sync", ["script": .string(script), "args": []])
    }

    /// A window of this width and height, in CSS pixels.
    func resize(to width: Int64, _ height: Int64 = 850) async throws {
        let size: AttributeValue = [
            "width": .integer(width), "height": .integer(height), "deviceScaleFactor": 1, "mobile": false,
        ]
        try await develop("Emulation.setDeviceMetricsOverride", size)
    }

    /// As somebody sees it whose system is set to dark colours, or to light ones.
    func prefer(dark: Bool) async throws {
        let scheme: AttributeValue = ["name": "prefers-color-scheme", "value": dark ? "dark" : "light"]
        let calm: AttributeValue = ["name": "prefers-reduced-motion", "value": "reduce"]
        try await develop("Emulation.setEmulatedMedia", ["features": .list([scheme, calm])])
    }

    private func develop(_ command: String, _ parameters: AttributeValue) async throws {
        _ = try await call(
            "POST", session + "/goog/cdp/execute", ["cmd": .string(command), "params": parameters])
    }

    /// Whether the page is wider than a window of this width, in CSS pixels.
    func scrollsSideways(at width: Int64) async throws -> Bool {
        try await resize(to: width)
        let answer = try await run(
            "const e = document.documentElement; return [innerWidth, e.scrollWidth > e.clientWidth]"
        ).list
        guard answer?.first?.integer == width else {
            throw Fault("browser", .peer, "The window is \(answer?.first?.integer ?? 0) pixels wide, not \(width).")
        }
        return answer?.last?.bool ?? true
    }

    /// A picture of the window, as PNG.
    func picture() async throws -> Data {
        Data(base64Encoded: try await call("GET", session + "/screenshot").string ?? "") ?? Data()
    }

    /// A picture of one element, as PNG.
    func picture(of css: String) async throws -> Data {
        let text = try await call("GET", session + "/element/\(find(css))/screenshot").string ?? ""
        return Data(base64Encoded: text) ?? Data()
    }

    // MARK: The protocol

    private func find(_ css: String) async throws -> String { try await element("css selector", css) }

    /// The element, waited for: the page may still be on its way.
    private func element(_ strategy: String, _ value: String) async throws -> String {
        var found = ""
        try await waiting(value) {
            found = Self.id(
                try await self.call(
                    "POST", self.session + "/element", ["using": .string(strategy), "value": .string(value)]))
            return !found.isEmpty
        }
        return found
    }

    private static func id(_ element: AttributeValue) -> String { element[elementKey]?.string ?? "" }

    /// Looks again until it is so; says at the end what was waited for, and where the browser is.
    private func waiting(_ what: String, until isSo: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + Self.patience
        var last = ""
        while ContinuousClock.now < deadline {
            do {
                if try await isSo() { return }
            } catch { last = "\(error)" }
            try await Task.sleep(for: .milliseconds(50))
        }
        let place = (try? await url) ?? "nowhere"
        throw Fault("browser", .peer, "Waited in vain for \(what) at \(place). \(last.prefix(200))")
    }

    private func call(_ method: String, _ path: String, _ body: AttributeValue? = nil) async throws -> AttributeValue {
        let request = FetchRequest(
            method == "GET" ? .get : method == "DELETE" ? .delete : .post, url: base + path,
            headers: [FetchHeader("Content-Type", "application/json")],
            body: Array(try body.map { try JSONEncoder().encode($0) } ?? Data()), limits: limits)
        let response = try await fetcher.fetch(request)
        let answer = try JSONDecoder().decode(AttributeValue.self, from: Data(response.body))["value"] ?? .null
        guard response.status == 200 else {
            throw Fault("browser", .peer, "\(method) \(path): \(answer["message"]?.string?.prefix(200) ?? "")")
        }
        return answer
    }
}
