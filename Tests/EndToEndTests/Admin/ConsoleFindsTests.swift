import Testing
import Vocabulary

/// S3-33: what there is is found by links alone, and a page about somebody says what matters of them.
@Suite("What the console lets one find")
struct ConsoleFindsTests {
    @Test("approvals and access reviews are in the menu of who may read them though nothing waits, and marked there")
    func menu() async throws {
        try await PolicyConsole.serve { console in
            try await console.open("")
            #expect(console.page.contains("href=\"/admin/approvals\"") && console.page.contains("/admin/campaigns\""))
            for place in ["/approvals", "/campaigns"] {
                try await console.open(place)
                #expect(console.page.contains("href=\"/admin\(place)\" aria-current=\"true\""), "\(place)")
            }
            let nobody = try await ConsolePerson.signIn("nora", holding: nil, console.running.gateway, console.api)
            try await nobody.open("")
            #expect(!nobody.page.contains("href=\"/admin/campaigns\""))
        }
    }

    @Test("the risk page lists the highest scores, a person's page what they have and what comes of it")
    func person() async throws {
        try await ConsoleHouse.serving { house in
            let ada = try await house.house.person("ada")
            try await house.adele.open("/risk")
            #expect(house.adele.page.contains("The highest scores") && house.adele.page.contains("/risk?who=\(ada)"))
            try await house.adele.open("/people/\(ada)")
            for words in [
                "Entitlements, and why", "Approve payments", "Order goods", "of 100",
                "What breaks separation of duties", "stands", "Last decisions",
            ] {
                #expect(house.adele.page.contains(words), "\(words)")
            }
            let ranked = try await house.house.items("risk/highest")
            let scores = ranked.compactMap { $0["score"]?.integer }
            #expect(ranked.first?["subject"]?["id"]?.string == ada && scores == scores.sorted(by: >))
            let one = try await house.house.get("risk/scores?person=ada")
            #expect(ranked.first?["score"] == one.body?["score"])
        }
    }
}
