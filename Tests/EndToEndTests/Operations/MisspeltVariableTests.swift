import Foundation
import Testing

@Suite("A misspelt variable stops the start, and says how to mend it")
struct MisspeltVariableTests {
    @Test func theFaultNamesTheVariableBesideEveryOtherFault() async throws {
        let installed = try await Installed { $0.replacingOccurrences(of: "level: info", with: "level: loud") }
        let outcome = try await installed.run(
            "serve",
            environment: [
                "GATEHOUSE_SERVER_LISTN": "0.0.0.0:1", "GATEHOUSE_SERVER_TRUSTED_PROXIES": "10.0.0.0/8",
                "GATEHOUSE_SERVICE_HOST": "10.1.2.3", "GATEHOUSE_PORT_8443_TCP_ADDR": "10.1.2.3",
            ])
        #expect(outcome.status == 1)
        #expect(outcome.error.contains("3 faults") && outcome.error.contains("logging.level"))
        #expect(
            outcome.error.contains("GATEHOUSE_SERVER_LISTN: ") && outcome.error.contains("GATEHOUSE_SERVER_LISTEN?"))
        #expect(outcome.error.contains("GATEHOUSE_SERVER_TRUSTED_PROXIES: is a list"))
        #expect(!outcome.error.contains("SERVICE_HOST"))
    }
}
