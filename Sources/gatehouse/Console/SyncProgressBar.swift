import Fetch
import Foundation
import Vocabulary

/// How far a directory job is, on standard error and only where a person looks; nothing of it is left when the job ends.
enum SyncProgressBar {
    private static let width = 30

    /// Runs the job and meanwhile asks the gateway how far it is.
    static func show<Answer: Sendable>(
        of provider: String, _ client: ControlClient, isDryRun: Bool,
        _ job: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        guard isatty(STDERR_FILENO) == 1 else { return try await job() }
        let watching = Task { await watch(provider, client, isDryRun: isDryRun) }
        let outcome: Result<Answer, any Error>
        do { outcome = .success(try await job()) } catch { outcome = .failure(error) }
        watching.cancel()
        await watching.value
        Console.write("\r\u{1B}[K", to: STDERR_FILENO)
        return try outcome.get()
    }

    private static func watch(_ provider: String, _ client: ControlClient, isDryRun: Bool) async {
        let start = ContinuousClock.now
        while !Task.isCancelled {
            let seconds = Int((ContinuousClock.now - start) / .seconds(1))
            let run = isDryRun ? nil : try? await newest(provider, client)
            Console.write("\r\u{1B}[K" + line(provider, run, seconds), to: STDERR_FILENO)
            do { try await Task.sleep(for: .milliseconds(250)) } catch { return }
        }
    }

    private static func newest(_ provider: String, _ client: ControlClient) async throws -> AttributeValue? {
        let page = try await client.call(.get, "/api/v1/sync-runs?limit=20")
        return page["items"]?.list?.first { $0["provider"]?.string == provider && $0["finished_at"]?.string == nil }
    }

    /// `corporate  [###########·········]  37 %  (3,700 of 10,000)`; before there is a plan, what is being done.
    static func line(_ provider: String, _ run: AttributeValue?, _ seconds: Int) -> String {
        let name = Console.plain(provider)
        guard let progress = run?["progress"], let done = progress["done"]?.integer,
            let total = progress["total"]?.integer, total > 0
        else { return "\(name)  reading the directory and planning, \(seconds) s" }
        let filled = Int(Double(width) * Double(min(done, total)) / Double(total))
        let bar = String(repeating: "#", count: filled) + String(repeating: "·", count: width - filled)
        return "\(name)  [\(bar)]  \(done * 100 / total) %  (\(done) of \(total))"
    }
}
