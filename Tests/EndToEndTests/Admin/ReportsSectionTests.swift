import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Testing
import Vocabulary

@Suite("S4-59 Reports in the console", .timeLimit(.minutes(3)))
struct ReportsSectionTests {
    @Test("somebody who may, assesses a framework, reads each control and takes it along in every form")
    func reports() async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local)
        try await running.serve { api in
            let adele = try await ConsolePerson.signIn("adele", running.gateway, api)
            try await adele.open("/reports")
            for words in ["SOC 2", "PCI DSS", "HIPAA", "ISO/IEC 27001", "GDPR", "SOX", "Nothing was assessed yet."] {
                #expect(adele.page.contains(words), "\(words)")
            }
            try await adele.open("/reports/soc2")
            #expect(adele.page.contains("CC6.1") && adele.page.contains("no evidence"))
            try await adele.submit("/reports/soc2/assess")
            #expect(adele.status == 200 && adele.page.contains("signed and kept"), "\(adele.web.url)")
            let entries = try await api.send(.get, "/api/v1/compliance/assessments").body?["items"]?.list ?? []
            let id = try #require(entries.first?["id"]?.string)
            #expect(entries.count == 1 && adele.web.url.contains("/reports/assessments/\(id)"))
            for (form, words) in [
                ("html", "<h1>SOC 2</h1>"), ("csv", "soc2,"), ("json", "\"framework\":\"soc2\""),
                ("oscal", "assessment-results"), ("signed", "payloadType"),
            ] {
                try await adele.open("/reports/assessments/\(id)/\(form)")
                #expect(adele.status == 200 && adele.page.contains(words), "\(form)")
            }
            for place in ["/reports/soc3", "/reports/assessments/none", "/reports/assessments/\(id)/docx"] {
                try await adele.open(place)
                #expect(adele.status == 404, "\(place)")
            }
        }
    }

    @Test("an analyst reads and is offered no assessment; whoever may read nothing sees no section")
    func readers() async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local)
        try await running.serve { api in
            let anna = try await ConsolePerson.signIn("anna", holding: "Analyst", running.gateway, api)
            try await anna.open("/reports/soc2")
            #expect(anna.status == 200 && !anna.page.contains("Assess now"))
            let nobody = try await ConsolePerson.signIn("nora", holding: nil, running.gateway, api)
            try await nobody.open("/reports")
            #expect(nobody.status == 403)
        }
    }
}
