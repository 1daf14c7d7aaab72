import ArgumentParser
import Fetch
import Fixtures
import Foundation
import Gateway
import Synchronization
import Vocabulary

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Starts a gateway with a directory, nginx and an application behind it, on loopback.",
        discussion: "Everything lives in a folder of its own, which is removed at the end.")

    @Option(help: "Keep everything in this folder.") var keep: String?
    @Option(help: "The port of all addresses; by default 8443, or a free one where that is taken.") var port: Int?
    @Flag(help: "Walk through the tour without a browser, print each step with its time, and end.") var check = false

    func validate() throws {
        guard let port else { return }
        guard (1...65_535).contains(port) else { throw ValidationError("--port is a number from 1 to 65535.") }
    }

    func run() async throws {
        let folder = try DemoFolder(keeping: keep)
        defer { folder.remove() }
        let chosen = try port ?? (check || LoopbackPort.accepts(8_443) ? LoopbackPort.free() : 8_443)
        let start = ContinuousClock.now
        let stage = try await DemoStage(folder: folder, port: chosen, isQuiet: check)
        let isCheck = check
        let outcome = Announcement<Bool>()
        try await stage.run {
            if isCheck {
                await outcome.send(await DemoTour(stage, startedAt: start).walk())
            } else {
                try await Self.show(stage)
                await untilSignalled()
                await outcome.send(true)
            }
        }
        guard try await outcome.value() else { throw CommandRefusal("The demo did not do what it should.") }
    }

    private static func show(_ stage: DemoStage) async throws {
        let settings = stage.settings
        let setup = try await stage.gateway.makeSetupLink()
        let invitation = try await invitation(of: "ada", stage)
        let control = ControlClient(socket: ControlSocket(stage.gateway.configuration).path)
        try await DemoGovernance(control: control).prepare()
        Console.line(
            """

            Gatehouse demo, version \(GatehouseVersion.current), on loopback only. Stop it with Ctrl-C.

              Application      \(settings.url(DemoSettings.applicationHost, "/"))
              Restricted page  \(settings.url(DemoSettings.applicationHost, "/restricted"))
              Sealed page      \(settings.url(DemoSettings.applicationHost, "/sealed")) (asks for two factors)
              Ledger           \(settings.url(DemoSettings.applicationHost, "/ledger")) (grace asks on the page that refuses it,
                               margaret approves under Approvals)
              Console          \(settings.url(DemoSettings.gatewayHost, "/admin")) (policies, approvals, duties, reports)
              Your account     \(settings.url(DemoSettings.gatewayHost, "/account"))
              Administrator    \(setup.reveal())
                               (a one-time set-up link; there is no default password)

              Sign in as       Password (Demo directory)    The restricted page
              ada              \(DemoSettings.password(of: "ada"))     permitted: her group is inside vault-keepers
              grace            \(DemoSettings.password(of: "grace"))   denied, and the page says what is missing

              Second factor    \(invitation)
                               (ada's invitation, once: a password alone sets up no authenticator app where one is
                               required)

              Configuration    \(stage.folder.path)/gatehouse.yaml
              Authority        \(stage.authorityFile) (trust it in a browser, or accept the warning)
            """)
    }
}

extension DemoCommand {
    /// Brings the directory's people in, so that one of them can be invited.
    private static func invitation(of login: String, _ stage: DemoStage) async throws -> String {
        let client = ControlClient(socket: ControlSocket(stage.gateway.configuration).path)
        try await client.call(.post, "/api/v1/sync-runs", ["provider": "directory", "dry_run": false])
        let made = try await client.call(
            .post, "/api/v1/links", ["purpose": "invitation", "person": .string(login)])
        return made["url"]?.string ?? ""
    }
}

/// Waits for Ctrl-C or SIGTERM.
func untilSignalled() async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        let once = OneShot(continuation)
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                once.fire()
                source.cancel()
            }
            source.resume()
        }
    }
}

private final class OneShot: Sendable {
    private let waiting: Mutex<CheckedContinuation<Void, Never>?>

    init(_ continuation: CheckedContinuation<Void, Never>) { waiting = Mutex(continuation) }

    func fire() {
        let continuation = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume()
    }
}
