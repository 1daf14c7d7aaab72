import Foundation
import Testing

@testable import Gateway

// S4-64, S4-74: what is audited can be collected by others.
@Suite("Every event that the source writes has a meaning for others' tools")
struct EventCatalogueTests {
    private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources")

    /// Types as they stand where events are made: in the call itself, after a choice, or in a table by kind.
    private static func written(in text: String) -> Set<String> {
        let call =
            /(?:[eE]vent|RecordBuilder|builder|told|bare|note)\(\s*(?:[^",()]*\?\s*)?"([a-z_]+\.[a-z_]+)"(?:\s*:\s*"([a-z_]+\.[a-z_]+)")?/
        let label = /type:\s*"([a-z_]+\.[a-z_]+)"/
        var found: Set<String> = []
        for match in text.matches(of: call) {
            found.insert(String(match.1))
            if let other = match.2 { found.insert(String(other)) }
        }
        for match in text.matches(of: label) { found.insert(String(match.1)) }
        return found
    }

    private static func written() throws -> Set<String> {
        var found: Set<String> = []
        for target in ["Gateway", "Governance", "Storage"] {
            let folder = sources.appendingPathComponent(target)
            let names = try #require(FileManager.default.enumerator(atPath: folder.path)).compactMap { $0 as? String }
            for name in names where name.hasSuffix(".swift") && !name.contains("EventCatalogue") {
                let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
                found.formUnion(written(in: text))
                if name.hasSuffix("SyncApplier+People.swift") {
                    found.formUnion(text.matches(of: /case [^:\n]*: "(person\.[a-z]+)"/).map { String($0.1) })
                }
            }
        }
        return found
    }

    /// Whatever the source says in a literal, where it does not read it back.
    private static func spoken() throws -> Set<String> {
        var found: Set<String> = []
        let names = try #require(FileManager.default.enumerator(atPath: sources.path)).compactMap { $0 as? String }
        for name in names where name.hasSuffix(".swift") && !name.contains("EventCatalogue") {
            let text = try String(contentsOf: sources.appendingPathComponent(name), encoding: .utf8)
            for line in text.split(separator: "\n") where !line.contains("case \"") {
                found.formUnion(line.matches(of: /"([a-z_]+\.[a-z_]+)"/).map { String($0.1) })
            }
        }
        return found
    }

    @Test("the list has every type that is written, and no other")
    func closed() throws {
        let (written, known) = (try Self.written(), Set(EventCatalogue.meanings.keys))
        #expect(written.count > 100)
        #expect(written.subtracting(known).sorted() == [], "add them to EventCatalogue")
        let spoken = try Self.spoken()
        #expect(known.subtracting(spoken).sorted() == [], "nobody writes these any more")
    }

    @Test("the scan finds types in calls, choices and tables, and nothing else")
    func scan() {
        let text = """
            caller.event("a.done", s); job.event(
                isOn ? "b.opened" : "b.closed", s); RecordBuilder("c.made"); NewEvent(type: "d.begun")
            Fault("e.refused", .caller, "no"); case "f.read": return
            """
        #expect(Self.written(in: text) == ["a.done", "b.opened", "b.closed", "c.made", "d.begun"])
    }

    @Test("no type is listed twice, and each has words of its own")
    func distinct() {
        #expect(EventCatalogue.entryCount == EventCatalogue.meanings.count)
        #expect(EventCatalogue.meanings.values.allSatisfy { !$0.name.isEmpty && !$0.name.contains("|") })
        let later = EventCatalogue.meaning(of: "rocket.launched")
        #expect(later.activity == .api(.other) && later.name.contains("rocket.launched"))
    }
}
