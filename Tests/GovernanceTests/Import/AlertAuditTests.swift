import Governance
import Testing
import Vocabulary

@Suite("Reports of clients")
struct AlertAuditTests {
    @Test("S3-25 S3-26 the document's entry is read and sealed under whoever reported it")
    func entry() throws {
        let tree = try #require(try corpus("seed-003")["audit"])
        let entry = try AlertAuditEntry(tree)
        #expect(entry.user == "jochen" && entry.roles == ["manager"] && entry.action == "pricing.adjust")
        #expect(entry.rule == "pricing.auto.adjust" && entry.result == .executed)
        #expect(entry.at == Timestamp(rfc3339: "2024-10-09T14:23:45.123Z"))
        guard case .person(let person) = admin else { throw CancellationError() }
        let record = entry.record(by: admin)
        #expect(record.texts == [EventText("entry", .person(person), tree)])
        #expect(record.facts.map(\.name) == ["result", "claimed_at"])
    }

    @Test(
        "what is missing, misspelt or too much is refused",
        arguments: ["ts", "user", "result", "params", "more", "roles"])
    func refused(key: String) throws {
        guard case .object(var tree)? = try corpus("seed-003")["audit"] else { throw CancellationError() }
        switch key {
        case "params": tree[key] = .object(["x": .list(Array(repeating: 1, count: 300))])
        case "more": tree[key] = 1
        case "result": tree[key] = "maybe"
        case "ts": tree[key] = "yesterday"
        default: tree[key] = nil
        }
        #expect(throws: GovernanceError.self) { try AlertAuditEntry(.object(tree)) }
    }
}
