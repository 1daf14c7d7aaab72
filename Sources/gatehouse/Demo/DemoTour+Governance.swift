import Fetch
import Fixtures
import Gateway
import HTTPAPI
import Vocabulary

/// The part of the tour where something is governed: approved by another before it passes, limited, kept from one
/// person, and told to an auditor.
extension DemoTour {
    var governanceSteps: [Step] {
        [
            (
                "what needs an approval is asked for on the page that refused it, approved on another, and opens",
                approval
            ),
            ("a limit lets so many through in a day, and not one more", limit),
            ("an entitlement that does not go with another is refused", separation),
            ("a report rests on the journal, is signed, and comes out the same again", report),
        ]
    }

    private var control: ControlClient { ControlClient(socket: ControlSocket(stage.gateway.configuration).path) }
    private var ledger: String { stage.settings.url(DemoSettings.applicationHost, "/ledger") }

    private func approval() async throws {
        try await DemoGovernance(control: control).prepare()
        let grace = try await signedIn("grace", opening: openPage)
        try await grace.open(ledger)
        try expect(grace.status == 403, "The ledger answered \(grace.status) before anybody approved.")
        guard let link = grace.page.firstMatch(of: /href="([^"]*\/access-request[^"]*)"/) else {
            throw CommandRefusal("The page that refuses the ledger offers no way to ask for it.")
        }
        try await grace.open(String(link.output.1).replacing("&amp;", with: "&"))
        try await grace.submit(formWith: "reason", ["reason": "The audit begins on Monday."])
        let waiting = try await control.all("/api/v1/governance/approvals?state=pending")
        guard waiting.count == 1, let id = waiting[0]["id"]?.string else {
            throw CommandRefusal("\(waiting.count) approvals wait after grace asked for one.")
        }
        let page = stage.settings.url(DemoSettings.gatewayHost, "/admin/approvals/\(id)")
        let margaret = try await signedIn("margaret", opening: page)
        try expect(
            margaret.page.contains("The audit begins on Monday."),
            "margaret is not told why: \(margaret.url) \(margaret.status).")
        try await margaret.submit(formWith: "comment", ["comment": "For the audit.", "word": "approve"])
        try await grace.open(ledger)
        try expect(grace.status == 200, "The ledger answered \(grace.status) after it was approved.")
    }

    private func limit() async throws {
        for number in 1...(DemoGovernance.withdrawals + 1) {
            let answer = try await control.call(
                .post, "/api/v1/decide",
                [
                    "subject": "grace", "action": "withdraw", "resource_type": "vault", "resource": "main",
                    "reserve": true,
                ])
            let isWithin = number <= DemoGovernance.withdrawals
            try expect(answer["decision"]?.bool == isWithin, "Withdrawal \(number) was decided otherwise.")
            guard isWithin else {
                return try expect(
                    answer["context"]?["reason_codes"] == ["limit_exceeded"], "The limit is not named as the reason.")
            }
            guard let reservation = answer["context"]?["reservation"]?["id"]?.string else {
                throw CommandRefusal("Withdrawal \(number) holds nothing back under its limit.")
            }
            try await control.call(.post, "/api/v1/reservations/\(reservation)/commit")
        }
    }

    private func separation() async throws {
        let governance = DemoGovernance(control: control)
        try await governance.assign(DemoGovernance.pay, to: "grace")
        do { try await governance.assign(DemoGovernance.pay, to: "ada") } catch let refusal as CommandRefusal {
            return try expect(
                refusal.message?.contains("Whoever orders does not pay") ?? false,
                "The refusal does not name the rule: \(refusal.message ?? "").")
        }
        throw CommandRefusal("ada may order goods and pay for them.")
    }

    private func report() async throws {
        let made = try await control.call(.post, "/api/v1/compliance/assessments", ["frameworks": ["soc2"]])
        guard let id = made["items"]?.list?.first?["id"]?.string else {
            throw CommandRefusal("No assessment was made.")
        }
        let again = try await control.call(.get, "/api/v1/compliance/assessments/\(id)/reproduction")
        try expect(again["reproducible"]?.bool == true, "The assessment does not come out the same again.")
    }
}
