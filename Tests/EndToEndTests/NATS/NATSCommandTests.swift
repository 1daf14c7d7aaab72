import Fixtures
import Foundation
import HTTPAPI
import Testing
import Vocabulary

@Suite(
    "The command line, and commands and events over NATS",
    .enabled(if: !NatsServer.executables.isEmpty, "SKIPPED: without nats-server nobody judges"))
struct NATSCommandTests {
    private static let policy = "550e8400-e29b-41d4-a716-446655440000"

    // S0-66, S0-71
    @Test("with the variable of the policy service alone, what is done here is told there, and folds to the same")
    func told() async throws {
        let server = try await NatsServer.start(NatsServer.executables[0]) { "jetstream { store_dir: \"\($0)/js\" }\n" }
        defer { server.stop() }
        let installed = try await Installed()
        try await installed.serving(environment: ["NATS_URL": "nats://127.0.0.1:\(server.port)"]) { _ in
            try await installed.done(
                "governance", "run", "create", "policy_id=\(Self.policy)", "name=Data Retention Policy",
                "policy_type=Regulatory", "enforcement=Mandatory", "scope=Organization")
            var status = ""
            for _ in 0..<200 {
                status = try await installed.done("nats", "status", "--json")
                let read = try StrictJSON.parse(Array(status.utf8))
                if read["events"]?["state"] == "up_to_date", read["lag"] == 0, read["head"] != 0 { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            let read = try StrictJSON.parse(Array(status.utf8))
            #expect(read["state"] == "connected" && read["lag"] == 0, "\(status)")
            let same = try await installed.done("nats", "compare")
            #expect(same.contains("1 messages") && same.contains("byte for byte"), "\(same)")
        }
    }

    @Test("what is not switched on is said, with its cure")
    func off() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            #expect(try await installed.done("nats", "status").contains("off"))
            let refused = try await installed.run("nats", "compare")
            #expect(refused.status == 1 && refused.error.contains("nats.messaging"), "\(refused.error)")
        }
    }
}
