import BenchTable
import Foundation
import Gateway
import NKeys
import Vocabulary

/// An operator with a thousand users, as files.
struct ExportRun {
    let table: BenchTable
    private static let count = 1_000

    func run(_ stage: NATSStage) async throws {
        let clock = ContinuousClock()
        let people: [AttributeValue] = (0..<Self.count).map { number in
            [
                "name": .string("service-\(number)"), "email": .string("s\(number)@example.org"),
                "organizational_unit": .string("Unit \(number % 10)"), "role": "Service",
                "nats_permissions": [
                    "publish": [.string("example.org.s\(number).>")],
                    "subscribe": [.string("example.org.s\(number).>")],
                ],
            ]
        }
        let document: AttributeValue = [
            "organization": ["name": "example", "display_name": "Example", "domain": "example.org"],
            "organizational_units": .list(
                (0..<10).map { ["name": .string("Unit \($0)"), "nats_account_name": .string("unit-\($0)")] }),
            "service_people": .list(people),
        ]
        let begin = clock.now
        let report = try await stage.gateway.nats.bootstrap(document, by: stage.caller)
        say("\(report.usersMade) users made in \(Int((clock.now - begin) / .milliseconds(1))) ms")
        for format in NATSExportFormat.allCases {
            let start = clock.now
            let plan = try await stage.gateway.nats.export(format, of: nil, by: stage.caller)
            let seconds = (clock.now - start) / .seconds(1)
            guard plan.files.count > Self.count else { throw BenchFailure("\(plan.files.count) files") }
            table.most("export of 1,000 users, \(format.rawValue)", seconds, 2, "s")
        }
    }
}
