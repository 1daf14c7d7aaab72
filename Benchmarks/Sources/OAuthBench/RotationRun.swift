import BenchTable
import Foundation
import Gateway
import Identity
import Synchronization
import Vocabulary

/// Refresh tokens of many grants, rotated at the same time: each is answered when the old one is used up and the next is on
/// the disk, many of them by one commit.
struct RotationRun {
    let stage: OAuthStage
    private let grants = 256
    private let turns = 3
    private let seconds = 3.0

    /// A client, what it gets each time, and how many rotations per second and vCPU were promised.
    private struct Kind {
        let client: String
        let gets: String
        var promised: Double?
    }

    private let kinds = [
        Kind(client: "app", gets: "a signed access token and an ID token", promised: 1_200),
        Kind(client: "plain", gets: "an opaque access token and an ID token"),
    ]

    func measure(_ table: BenchTable) async throws {
        say(
            "rotations: SQLite in WAL mode with synchronous=FULL, which the store asserts at its start; an answer waits for "
                + "its commit")
        let open = try await stage.open()
        let sessions = try await sessions(open)
        var held: [(client: String, tokens: RefreshTokens)] = []
        for kind in kinds {
            let tokens = try await refreshTokens(open, kind.client, sessions)
            try await rotate(open, kind, tokens, table)
            held.append((kind.client, tokens))
        }
        try await open.gateway.close()
        table.exact("refresh tokens that a restart lost", try await lost(held), 0)
    }

    private func rotate(
        _ open: OpenGateway, _ kind: Kind, _ tokens: RefreshTokens, _ table: BenchTable
    ) async throws {
        let work = { @Sendable (worker: Int, _: Int) in try await tokens.rotate(worker, open, kind.client) }
        _ = try await rate(workers: grants, seconds: 0.5, work)
        let before = try await Commits(of: open.gateway)
        let (start, processor) = (tokens.rotations, Processor.processSeconds)
        var perSecond = 0.0
        for _ in 0..<turns { perSecond += try await rate(workers: grants, seconds: seconds, work) / Double(turns) }
        let used = Processor.processSeconds - processor
        let (count, after) = (Double(tokens.rotations - start), try await Commits(of: open.gateway))
        let commits = max(1, after.count - before.count)
        say(
            "rotations, each with \(kind.gets): \(BenchTable.grouped(Int(perSecond)))/s, "
                + String(
                    format: "%.0f µs of processor time each; %.0f by one commit of %.2f ms", 1e6 * used / count,
                    count / commits, 1_000 * (after.seconds - before.seconds) / commits))
        if let promised = kind.promised {
            table.least("durable refresh rotations per vCPU", count / used, promised, "per second")
        }
    }

    // MARK: Grants

    private func sessions(_ open: OpenGateway) async throws -> [Session] {
        var sessions: [Session] = []
        for number in 0..<OAuthStage.peopleCount {
            sessions.append(try await open.session(of: OpenGateway.login(number)))
        }
        return sessions
    }

    private func refreshTokens(
        _ open: OpenGateway, _ client: String, _ sessions: [Session]
    ) async throws -> RefreshTokens {
        var texts: [String] = []
        for number in 0..<grants {
            let tokens = try await open.tokens(of: sessions[number % sessions.count], for: client)
            texts.append(try OpenGateway.text("refresh_token", of: tokens))
        }
        return RefreshTokens(texts)
    }

    /// Refresh tokens that were answered and are not there after a start anew.
    private func lost(_ held: [(client: String, tokens: RefreshTokens)]) async throws -> Int {
        let open = try await stage.open()
        var lost = 0
        for (client, tokens) in held {
            for number in 0..<grants {
                do { try await tokens.rotate(number, open, client) } catch { lost += 1 }
            }
        }
        try await open.gateway.close()
        return lost
    }
}

/// The newest refresh token of each grant.
private final class RefreshTokens: Sendable {
    private struct State {
        var texts: [String]
        var rotations = 0
    }
    private let state: Mutex<State>

    init(_ texts: [String]) { state = Mutex(State(texts: texts)) }

    var rotations: Int { state.withLock(\.rotations) }

    func rotate(_ number: Int, _ open: OpenGateway, _ client: String) async throws {
        let text = state.withLock { $0.texts[number] }
        let answer = try await open.token(client, [("grant_type", "refresh_token"), ("refresh_token", text)])
        let next = try OpenGateway.text("refresh_token", of: answer)
        guard next != text else { throw BenchFailure("The refresh token was not rotated.") }
        state.withLock {
            $0.texts[number] = next
            $0.rotations += 1
        }
    }
}

/// What the store's writer has committed so far.
private struct Commits {
    private(set) var count = 0.0
    private(set) var seconds = 0.0

    init(of gateway: Gateway) async throws {
        let family = try await gateway.metrics().first { $0.name == "gatehouse_writer_commit_seconds" }
        guard case .distribution(let commits) = family?.series.first?.value else { return }
        (count, seconds) = (Double(commits.count), commits.sum)
    }
}
