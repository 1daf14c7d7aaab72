import Foundation
import HTTPTypes
import Testing
import Vocabulary

@testable import Gateway

// S4-73, S4-74: populations for auditors, with who, why, when and lag.
@Suite("Lists that auditors draw samples from are whole, and the same as JSON and as CSV", .timeLimit(.minutes(3)))
struct PopulationTests {
    private static func lines(_ text: String) -> [String] {
        text.components(separatedBy: "\r\n").filter { !$0.isEmpty }
    }

    /// A list part by part, as JSON.
    private static func all(_ list: String, _ query: String, _ api: TestAPI) async throws -> [AttributeValue] {
        var (rows, cursor) = ([AttributeValue](), String?.none)
        repeat {
            let more = cursor.map { "&cursor=\($0)" } ?? ""
            let page = try await api.send(.get, "/api/v1/populations/\(list)?limit=2\(query)\(more)")
            #expect(page.status == 200, "\(page.text)")
            rows += page.body?["items"]?.list ?? []
            cursor = page.body?["next"]?.string
        } while cursor != nil
        return rows
    }

    /// The same, as CSV, by the header `Link`.
    private static func table(_ list: String, _ query: String, _ api: TestAPI) async throws -> [String] {
        var (text, reference) = ("", String?.some("?format=csv&limit=2\(query)"))
        while let next = reference {
            let part = try await api.send(.get, "/api/v1/populations/\(list)\(next)")
            #expect(part.status == 200, "\(part.text)")
            #expect(part.headers[.contentType] == "text/csv; charset=utf-8")
            text += part.text
            let link = part.headers[HTTPField.Name("Link")!]
            reference = link.map { String($0.dropFirst().prefix { $0 != ">" }) }
        }
        return lines(text)
    }

    private static func words(_ rows: [AttributeValue], _ names: String...) -> [String] {
        rows.map { row in names.map { row[$0]?.string ?? "–" }.joined(separator: " ") }
    }

    @Test func whoCameWhoLeftAndWhoseAccessChangedIsListedWithWhoAndWhy() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            for login in ["ada", "bob", "eve"] {
                #expect(try await api.send(.post, "/api/v1/people", ["login": .string(login)]).status == 201)
            }
            let given = try await api.send(.post, "/api/v1/assignments", ["person": "bob", "role": "Operator"])
            let assignment = try #require(given.body?["id"]?.string)
            #expect(try await api.send(.delete, "/api/v1/assignments/\(assignment)").status == 204)
            let group = try await api.send(.post, "/api/v1/groups", ["name": "crew"])
            let id = try #require(group.body?["id"]?.string)
            #expect(try await api.send(.put, "/api/v1/groups/\(id)/members/ada").status < 300)
            #expect(try await api.send(.post, "/api/v1/people/eve/disable").status < 300)
            #expect(try await api.send(.post, "/api/v1/people/eve/enable").status < 300)
            #expect(try await api.send(.post, "/api/v1/people/eve/disable").status < 300)

            let joiners = try await Self.all("joiners", "", api)
            #expect(
                Self.words(joiners, "login", "change", "why")
                    == ["ada joined api", "bob joined api", "eve joined api", "eve returned –"])
            #expect(joiners.allSatisfy { $0["actor"]?.string?.hasPrefix("service_account:") == true })
            let leavers = try await Self.all("leavers", "", api)
            #expect(Self.words(leavers, "login", "change") == ["eve left", "eve left"])
            #expect(leavers.allSatisfy { $0["why"] != nil })
            let changes = try await Self.all("changes", "", api)
            #expect(
                Self.words(changes, "login", "change", "right_type", "right_name").suffix(3)
                    == ["bob granted role Operator", "bob removed role Operator", "ada granted group crew"])
            // Part by part or in one, as JSON or as a table: the same lines.
            for list in ["joiners", "leavers", "changes"] {
                let table = try await Self.table(list, "", api)
                let rows = try await Self.all(list, "", api)
                #expect(table.count == rows.count + 1)
                #expect(table[0].hasPrefix("position,at,change,subject_type,"))
                let positions = rows.map { "\($0["position"]?.integer ?? 0)" }
                #expect(table.dropFirst().map { String($0.split(separator: ",")[0]) } == positions)
            }
        }
    }

    @Test func aListHoldsBetweenItsBoundsAndWhatComesMeanwhileIsInNoPartOfIt() async throws {
        let clock = MovedClock()
        let running = try await TestGateway.open(clock: clock.now)
        try await running.serve { api in
            for login in ["a1", "a2", "a3"] {
                #expect(try await api.send(.post, "/api/v1/people", ["login": .string(login)]).status == 201)
            }
            clock.advance(.hours(1))
            let noon = clock.value.rfc3339
            clock.advance(.hours(1))
            #expect(try await api.send(.post, "/api/v1/people", ["login": "b1"]).status == 201)
            #expect(Self.words(try await Self.all("joiners", "&to=\(noon)", api), "login") == ["a1", "a2", "a3"])
            #expect(Self.words(try await Self.all("joiners", "&from=\(noon)", api), "login") == ["b1"])
            let all = try await Self.all("joiners", "", api)
            let second = try #require(all[1]["position"]?.integer)
            #expect(Self.words(try await Self.all("joiners", "&from=\(second)&to=\(second)", api), "login") == ["a2"])
            // The first part fixes the end.
            let part = try await api.send(.get, "/api/v1/populations/joiners?limit=2")
            let cursor = try #require(part.body?["next"]?.string)
            #expect(try await api.send(.post, "/api/v1/people", ["login": "c1"]).status == 201)
            let rest = try await api.send(.get, "/api/v1/populations/joiners?limit=2&cursor=\(cursor)")
            #expect(Self.words(rest.body?["items"]?.list ?? [], "login") == ["a3", "b1"])
            #expect(rest.body?["next"] == nil)
            // A cursor is of its own list.
            #expect(try await api.send(.get, "/api/v1/populations/leavers?cursor=\(cursor)").status == 400)
            for wrong in ["from=soon", "to=-1", "from=\(noon)&to=2000-01-01T00:00:00Z", "limit=1001", "format=xml"] {
                #expect(try await api.send(.get, "/api/v1/populations/joiners?\(wrong)").status == 400, "\(wrong)")
            }
        }
    }

    @Test func whatASpreadsheetWouldTakeForAFormulaIsText() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let names = ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", " =1+1", "\"quoted\", and more", "＝1"]
            for (number, name) in names.enumerated() {
                let role = try await api.send(
                    .post, "/api/v1/roles", ["name": .string(name), "permissions": []])
                guard role.status == 201 else { continue }
                #expect(try await api.send(.post, "/api/v1/people", ["login": .string("p\(number)")]).status == 201)
                let given = try await api.send(
                    .post, "/api/v1/assignments", ["person": .string("p\(number)"), "role": .string(name)])
                #expect(given.status == 201, "\(given.text)")
            }
            let table = try await Self.table("changes", "", api)
            #expect(table.contains { $0.contains("'=cmd|") })
            for line in table.dropFirst() {
                for field in line.split(separator: ",", omittingEmptySubsequences: false) {
                    let bare = field.drop { $0 == "\"" || $0 == " " }
                    #expect(!(bare.first.map { "=+-@＝".contains($0) } ?? false), "\(line)")
                }
            }
        }
    }

    @Test func privilegedAccessIsListedAsLongAsItHeld() async throws {
        let clock = MovedClock()
        let running = try await TestGateway.open(clock: clock.now)
        try await running.serve { api in
            for login in ["ada", "bob"] {
                #expect(try await api.send(.post, "/api/v1/people", ["login": .string(login)]).status == 201)
            }
            let admin = try await api.send(.post, "/api/v1/assignments", ["person": "ada", "role": "Admin"])
            let id = try #require(admin.body?["id"]?.string)
            let given = try await api.send(.post, "/api/v1/assignments", ["person": "bob", "role": "Analyst"])
            #expect(given.status == 201)
            clock.advance(.hours(1))
            #expect(try await api.send(.delete, "/api/v1/assignments/\(id)").status == 204)
            clock.advance(.hours(1))
            let later = clock.value.rfc3339
            #expect(try await api.send(.post, "/api/v1/people", ["login": "carl"]).status == 201)
            let rows = try await Self.all("privileged", "", api)
            #expect(Self.words(rows, "login", "right_name", "change") == ["tests Admin held", "ada Admin held"])
            #expect(rows.last?["ended_at"]?.string != nil && rows.first?["ended_at"] == nil)
            #expect(Self.words(try await Self.all("privileged", "&from=\(later)", api), "login") == ["tests"])
        }
    }

    @Test func thePermissionIsItsOwnAndNoTenantSeesAnothers() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"])
        let other = try await TestGateway.administrator(of: running.gateway, tenant: "other")
        try await running.serve { api in
            #expect(try await api.send(.post, "/api/v1/people", ["login": "ada"]).status == 201)
            #expect(try await api.send(.get, "/api/v1/populations/joiners", token: .some(nil)).status == 401)
            #expect(try await api.send(.get, "/api/v1/populations/joiners", token: other).status == 401)
            let theirs = try await api.send(.get, "/t/other/api/v1/populations/joiners", token: other)
            #expect(theirs.body?["items"] == [])
        }
    }

    @Test func theJournalGoesOutAsOCSFAndCEFPartByPart() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            for number in 0..<5 {
                #expect(try await api.send(.post, "/api/v1/people", ["login": .string("p\(number)")]).status == 201)
            }
            let size = try await api.send(.get, "/api/v1/audit/events").body?["size"]?.integer
            for (format, type) in [("ocsf", "application/x-ndjson"), ("cef", "text/plain")] {
                var (text, reference) = ("", String?.some("?format=\(format)&limit=4"))
                while let next = reference {
                    let part = try await api.send(.get, "/api/v1/audit/export\(next)")
                    #expect(part.status == 200 && part.headers[.contentType]?.hasPrefix(type) == true)
                    #expect(part.text.split(separator: "\n").count <= 4)
                    text += part.text
                    reference = part.headers[HTTPField.Name("Link")!].map {
                        String($0.dropFirst().prefix { $0 != ">" })
                    }
                }
                let lines = text.split(separator: "\n")
                #expect(Int64(lines.count) == size)
                #expect(lines.allSatisfy { $0.hasPrefix(format == "cef" ? "CEF:0|" : "{") })
                #expect(!text.contains("\"p3\""))
            }
            #expect(try await api.send(.get, "/api/v1/audit/export?limit=1001").status == 400)
            #expect(try await api.send(.get, "/api/v1/audit/export?format=syslog").status == 400)
        }
    }
}
