import Foundation
import Testing

/// The OpenID Provider held to the modules of the OpenID conformance suite, which `Tests/Conformance` reproduces, black
/// box over TLS: self-checked, never certified. What each module says stands in docs/conformance.md.
@Suite("The provider before the modules of the OpenID conformance suite", .timeLimit(.minutes(6)))
struct ConformanceTests {
    static let hasJudge = OutsideJudge.conformance.isReady(["--help"])

    @Test(
        "no module of a plan fails",
        .enabled(if: hasJudge, "SKIPPED: PyPI's joserfc and jwcrypto are not installed, so nobody judged the provider"),
        arguments: ["config", "basic", "rp-logout", "backchannel", "fapi2", "attacks"])
    func plan(name: String) async throws {
        let report = try await OutsideJudge.conformance.judge(["--plan", name])
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
