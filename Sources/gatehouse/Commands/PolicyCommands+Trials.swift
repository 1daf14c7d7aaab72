import ArgumentParser
import Fetch
import Foundation
import Gateway
import Governance
import Vocabulary

extension PolicyCommand {
    struct Backtest: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Asks what was asked in a time once more of other rules: who loses and who gains what.",
            discussion: """
                Attributes are taken from the record; roles and groups are those of today. What the rules read and the \
                record does not have is left out and counted. Nothing is written.
                """)
        @Option(help: "From this moment on, RFC 3339.") var from: String
        @Option(help: "Before this moment; now without it.") var to: String?
        @Option(help: "Records looked at, at most.") var limit: Int64?
        @Option(help: "Changed answers that are listed, at most.") var flips = 50
        @OptionGroup var candidate: CandidateOptions
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            var body = try candidate.body().merging(members(["from": from, "to": to])) { $1 }
            body["kind"] = "backtest"
            body["limit"] = limit.map { .integer($0) }
            return try await TrialRun(client: client, flips: flips).run(body)
        }
    }

    struct Impact: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Asks a few questions for everybody: who would lose and who would gain what. Writes nothing.")
        @Argument(help: "The questions, YAML or JSON; who asks is everybody.") var questions: String
        @Option(help: "Changed answers that are listed, at most.") var flips = 50
        @OptionGroup var candidate: CandidateOptions
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            var body = try candidate.body()
            body["kind"] = "impact"
            body["questions"] = try PolicyCommand.questions(questions)
            return try await TrialRun(client: client, flips: flips).run(body)
        }
    }
}

/// Begins a trial, waits for it, and shows what it found.
struct TrialRun {
    let client: ControlClient
    let flips: Int

    func run(_ body: [String: AttributeValue]) async throws -> APIAnswer {
        var trial = try await client.call(.post, api("governance", "trials"), .object(body))
        guard let id = trial["id"]?.string else { throw CommandRefusal("The gateway named no trial.") }
        let isWatched = isatty(STDERR_FILENO) == 1
        while trial["state"] == "running" {
            if isWatched { Console.write("\r\u{1B}[K" + Self.line(trial), to: STDERR_FILENO) }
            do { try await Task.sleep(for: .milliseconds(100)) } catch {
                _ = try? await client.call(.post, api("governance", "trials", id, "cancel"))
                throw error
            }
            trial = try await client.call(.get, api("governance", "trials", id))
        }
        if isWatched { Console.write("\r\u{1B}[K", to: STDERR_FILENO) }
        guard trial["state"] == "done" else {
            throw CommandRefusal("The trial \(trial.cell("state")): \(trial.cell("error"))")
        }
        let found = try await client.all(api("governance", "trials", id, "flips"), atMost: max(0, flips))
        var all = trial.object ?? [:]
        all["flips"] = .list(found)
        return APIAnswer(.object(all), Self.text(trial, found))
    }

    static func line(_ trial: AttributeValue) -> String {
        let percent: Int
        switch trial["progress"] {
        case .number(let part)?: percent = Int(part * 100)
        default: percent = Int(trial["progress"]?.integer ?? 0) * 100
        }
        return "\(percent) %  (\(trial.cell("seen")) looked at, \(trial.cell("result.flips")) answered otherwise)"
    }

    static func text(_ trial: AttributeValue, _ flips: [AttributeValue]) -> String {
        let result = trial["result"] ?? .null
        var parts = [
            "\(trial.cell("seen")) looked at, \(result.cell("questions")) asked again, "
                + "\(result.cell("flips")) answered otherwise."
        ]
        parts.append(contentsOf: remarks(result))
        parts.append(table(["BEFORE", "AFTER", "COUNT"], result["totals"], ["before", "after", "count"]))
        for (heading, key, name) in [
            ("PERSON", "by_subject", "subject"), ("RESOURCE", "by_resource", "resource"),
        ] where result[key]?.list?.isEmpty == false {
            parts.append(table([heading, "LOSSES", "GAINS"], result[key], [name, "losses", "gains"]))
        }
        if !flips.isEmpty {
            parts.append(
                table(
                    ["AT", "WHO", "ACTION", "TYPE", "RESOURCE", "BEFORE", "AFTER", "BECAUSE"], .list(flips),
                    [
                        "at", "subject", "action", "resource_type", "resource", "before.outcome", "after.outcome",
                        "after.reason",
                    ]))
        }
        return parts.joined(separator: "\n\n")
    }

    /// What the answer does not know, said before what it does.
    private static func remarks(_ result: AttributeValue) -> [String] {
        var remarks: [String] = []
        for (why, count) in (result["skipped"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            remarks.append("\(count.cell) cannot be replayed: \(why.replacing("_", with: " ")).")
        }
        for one in result["not_recorded"]?.list ?? [] {
            remarks.append("  \(Console.plain(one.cell("attribute"))) was not recorded \(one.cell("count")) times.")
        }
        if let drifted = result["drifted"]?.integer, drifted > 0 {
            remarks.append("\(drifted) are answered otherwise today than recorded: facts or rules have changed since.")
        }
        if let limited = result["limits_taken_as_unused"]?.integer, limited > 0 {
            remarks.append("\(limited) rest on limits, which were taken as unused.")
        }
        if result["partial"] == true { remarks.append("There is more that was not looked at.") }
        return remarks.isEmpty ? [] : [remarks.joined(separator: "\n")]
    }

    private static func table(_ headings: [String], _ items: AttributeValue?, _ members: [String]) -> String {
        var table = Table(headings)
        for item in items?.list ?? [] { table.add(members.map { item.cell($0) }) }
        return table.text
    }
}
