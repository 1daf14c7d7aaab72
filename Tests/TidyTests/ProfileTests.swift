import Foundation
import Testing

@Suite("The table of SAML's profiles tells the truth")
struct ProfileTests {
    let house = House.here

    private struct Row {
        let id: String
        let state: String
        let tests: String
    }

    private func rows() throws -> [Row] {
        try house.text("docs/saml-profile.md").components(separatedBy: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 4, cells[0].hasPrefix("IIP-") || cells[0].hasPrefix("SDP-") else { return nil }
            return Row(id: cells[0], state: cells[2], tests: cells[3])
        }
    }

    @Test("Every requirement of both profiles has one row")
    func complete() throws {
        func ids(_ prefix: String, _ count: Int) -> [String] {
            (1...count).map { prefix + ($0 < 10 ? "0" : "") + String($0) }
        }
        let expected =
            ids("IIP-G", 3) + ids("IIP-MD", 12) + ids("IIP-SSO", 7) + ids("IIP-EXT", 1) + ids("IIP-ALG", 8)
            + ids("IIP-SP", 17) + ids("IIP-IDP", 21) + ids("SDP-G", 4) + ids("SDP-MD", 12) + ids("SDP-ALG", 1)
            + ids("SDP-SP", 39) + ids("SDP-IDP", 33)
        #expect(try rows().map(\.id) == expected)
    }

    @Test("Every test that is named there is there, and every row that says rules names one")
    func named() throws {
        let paths =
            [
                "SAMLTests", "gatehouseTests/SAML", "ProvidersTests/SAML", "EndToEndTests/Login/SAML",
                "GatewayTests/SAML", "GatewayTests/Configuration", "FetchTests", "EndToEndTests/Management",
            ].flatMap {
                house.files(under: "Tests/" + $0, endingWith: ".swift")
            }
        let sources = try paths.map(house.text).joined()
        var missing: [String] = []
        for row in try rows() {
            if row.tests == "–" {
                if row.state.hasPrefix("rules") { missing.append("\(row.id): no test") }
                continue
            }
            let names = row.tests.matches(of: #/"([^"]+)"/#).map { String($0.1) }
            missing += names.filter { !sources.contains("\"\($0)\"") }.map { "\(row.id): \($0)" }
            let suites = row.tests.replacing(#/"[^"]+"/#, with: "").split(separator: ";")
            for suite in suites.map({ $0.trimmingCharacters(in: CharacterSet(charactersIn: " :")) })
            where !sources.contains("Suite(\"\(suite)\"") && !sources.contains("\n    \"\(suite)\"") {
                missing.append("\(row.id): \(suite)")
            }
        }
        #expect(missing == [])
    }
}
