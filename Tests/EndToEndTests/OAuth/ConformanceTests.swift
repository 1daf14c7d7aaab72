import Foundation
import Testing

/// The OpenID Provider held to the modules of the OpenID conformance suite, which `Tests/Conformance` reproduces, black
/// box over TLS: self-checked, never certified. What each module says stands in docs/conformance.md.
@Suite("The provider before the modules of the OpenID conformance suite", .timeLimit(.minutes(6)))
struct ConformanceTests {
    static let hasJudge = OutsideJudge.conformance.isReady(["--help"])

    /// All plans in one run, because modules that wait can wait beside each other; each test reads its part.
    private static let everything = Task { try await OutsideJudge.conformance.judge(["--json"]) }

    private struct Report: Decodable {
        let modules: [Module]
    }

    private struct Module: Decodable {
        let plan: String
        let module: String
        let result: String
        let findings: [String]
    }

    @Test(
        "no module of a plan fails",
        .enabled(if: hasJudge, "SKIPPED: PyPI's joserfc and jwcrypto are not installed, so nobody judged the provider"),
        arguments: [
            "config", "basic", "form-post", "dynamic", "rp-logout", "backchannel", "fapi2", "fapi2-signed",
            "fapi2-mtls",
            "attacks",
        ])
    func plan(name: String) async throws {
        let outcome = try await Self.everything.value
        guard let report = try? JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8)) else {
            Issue.record("no report: \(outcome.output.suffix(2_000)) \(outcome.error.suffix(4_000))")
            return
        }
        let modules = report.modules.filter { $0.plan == name }
        #expect(!modules.isEmpty)
        let failed = modules.filter { $0.result == "FAILED" }
        #expect(failed.isEmpty, "\(failed.map { "\($0.module): \($0.findings.joined(separator: "; "))" })")
    }

    @Test(
        "with nonces in proofs, what is about proofs holds too",
        .enabled(if: hasJudge, "SKIPPED: PyPI's joserfc and jwcrypto are not installed, so nobody judged the provider"))
    func nonces() async throws {
        let parts = "dpop,happy,refresh,mismatch,holder"
        let report = try await OutsideJudge.conformance.judge(["--plan", "fapi2", "--dpop-nonce", "--only", parts])
        #expect(report.status == 0, "\(OutsideJudge.failures(in: report))")
        #expect(report.output.contains("PASSED"), "\(report.output.suffix(2_000)) \(report.error.suffix(2_000))")
    }

    @Test(
        "the judge judges: every fault that is put into the answers is found by the modules that are about it",
        .enabled(if: hasJudge, "SKIPPED: PyPI's joserfc and jwcrypto are not installed, so nobody judged the judge"))
    func faults() async throws {
        let report = try await OutsideJudge.conformance.judge(["--prove"])
        #expect(report.status == 0, "\(OutsideJudge.failures(in: report))")
    }
}
