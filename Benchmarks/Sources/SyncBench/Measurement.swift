import Fixtures
import Foundation

/// The whole measurement: first run, unchanged run, and both beside the bars.
struct Measurement {
    let people: Int

    func run() async throws -> Bool {
        print("making a directory of \(people) people …")
        let stage = try await Stage(people: people)
        let reference = try min(stage.readWithLdapsearch(), stage.readWithLdapsearch())
        let first = try stage.runJob()
        let afterFirst = try await Ledger.read(stage)
        let second = try stage.runJob()
        let afterSecond = try await Ledger.read(stage)
        tell("first", first)
        tell("unchanged", second)
        var bars = Bars()
        let truth = stage.truth
        let memberships = Int64(truth.memberships - truth.groups + 1)
        bars.exact("people written", afterFirst.count("person"), Int64(truth.people))
        bars.exact("memberships written", afterFirst.count("membership"), memberships)
        bars.exact("nestings written", afterFirst.count("group_nesting"), Int64(truth.groups - 1))
        bars.exact("events of new people", afterFirst.events["person.created"] ?? 0, Int64(truth.people))
        bars.exact("sections under person keys", afterFirst.count("journal_section"), Int64(truth.people))
        bars.most("first sync", first.total, 15, "s")
        bars.most("unchanged sync", second.total, 3, "s")
        bars.most("login wait during the first sync, p99", first.loginP99 * 1_000, 50, "ms")
        bars.most("login wait during the unchanged sync, p99", second.loginP99 * 1_000, 50, "ms")
        bars.most("resident, first sync", Double(first.residentMiB) * 1.048_576, 500, "MB")
        bars.most("resident, unchanged sync", Double(second.residentMiB) * 1.048_576, 500, "MB")
        bars.exact("steps of the unchanged plan", Int64(second.planned), 0)
        bars.holds(
            "the second run changed no row of people, groups or memberships", afterFirst.rows == afterSecond.rows)
        bars.holds("and appended no event about them", afterFirst.changes == afterSecond.changes)
        let entries = Double(first.entries)
        print(
            String(
                format: "read %.0f entries/s (fetched and resolved); ldapsearch %.0f entries/s; %.0f %% of it",
                entries / first.fetch, entries / reference, 100 * reference / first.fetch))
        return bars.areMet
    }

    private func tell(_ name: String, _ job: JobResult) {
        print(
            String(
                format:
                    "%@: %.2f s (fetch %.2f, plan %.2f, apply %.2f; processor %.2f s); %d changes written, %d left out; %d MiB; "
                    + "%d logins begun meanwhile, p99 %.1f ms, worst %.1f ms", name, job.total, job.fetch, job.plan,
                job.apply, job.processor, job.applied, job.skipped, job.residentMiB, job.logins, job.loginP99 * 1_000,
                job.loginWorst * 1_000))
    }
}

/// Figures beside what was promised.
struct Bars {
    private(set) var areMet = true

    mutating func most(_ name: String, _ value: Double, _ bar: Double, _ unit: String) {
        judge(value <= bar, String(format: "%@: %.2f %@; bar %.0f %@", name, value, unit, bar, unit))
    }

    mutating func exact(_ name: String, _ value: Int64, _ wanted: Int64) {
        judge(value == wanted, "\(name): \(value) of \(wanted)")
    }

    mutating func holds(_ name: String, _ isTrue: Bool) { judge(isTrue, name) }

    private mutating func judge(_ isMet: Bool, _ text: String) {
        print("\(text): \(isMet ? "ok" : "BELOW")")
        areMet = areMet && isMet
    }
}
