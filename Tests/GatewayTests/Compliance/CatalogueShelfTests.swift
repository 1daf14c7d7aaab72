import Foundation
import Governance
import Testing
import Vocabulary

@testable import Gateway

@Suite("Catalogues of controls")
struct CatalogueShelfTests {
    /// Identifiers that the standards have, and how many controls ours has at least.
    static let shipped: [(framework: String, row: String, ids: Set<String>, atLeast: Int)] = [
        ("soc2", "S4-52", ["CC6.1", "CC6.2", "CC6.3", "CC7.2", "CC8.1", "A1.2", "C1.1"], 25),
        ("hipaa", "S4-53", ["164.308(a)(3)(ii)(C)", "164.312(a)(2)(iii)", "164.312(b)", "164.316(b)(2)(i)"], 25),
        ("pci_dss", "S4-54", ["7.2.4", "8.2.5", "8.2.6", "8.3.6", "10.3.4", "10.5.1"], 30),
        ("iso27001", "S4-55", ["A.5.3", "A.5.15", "A.5.18", "A.8.2", "A.8.5", "A.8.15"], 20),
        ("gdpr", "S4-56", ["Art. 5(2)", "Art. 17", "Art. 22", "Art. 32(1)(a)"], 15),
        ("sox", "S4-57", ["Sec. 404(a)", "DSS05.04", "DSS06.03", "BAI06.01"], 10),
    ]

    @Test(
        "S4-52 S4-53 S4-54 S4-55 S4-56 S4-57 each framework ships with its controls under their own identifiers",
        arguments: shipped)
    func ships(framework: String, row: String, ids: Set<String>, atLeast: Int) throws {
        let catalogue = try CatalogueShelf().file(framework).catalogue
        #expect(ids.subtracting(catalogue.controls.map(\.id)).isEmpty, "\(row)")
        #expect(catalogue.controls.count >= atLeast && catalogue.retentionDays >= 365)
        // What the gateway cannot show is in the catalogue all the same, and mapped to nothing.
        #expect(catalogue.controls.contains { $0.requirements.isEmpty })
        #expect(catalogue.controls.count { !$0.requirements.isEmpty } * 3 >= catalogue.controls.count * 2)
    }

    @Test("every kind of evidence is asked for by some control, and every framework of a policy has a catalogue")
    func covered() throws {
        let shelf = try CatalogueShelf()
        let asked = Set(shelf.all.flatMap { $0.catalogue.controls.flatMap { $0.requirements.map(\.kind) } })
        #expect(asked == Set(EvidenceKind.allCases))
        #expect(shelf.all.map(\.catalogue.framework) == ComplianceFramework.allCases.map(\.rawValue).sorted())
    }

    @Test(
        "PCI's own numbers are in its catalogue: fifteen minutes, ninety days, ten tries for thirty minutes, twelve letters"
    )
    func numbers() throws {
        let controls = try CatalogueShelf().file("pci_dss").catalogue.controls
        func bound(_ id: String, _ kind: EvidenceKind, _ bound: EvidenceBound) throws -> Int {
            let control = try #require(controls.first { $0.id == id })
            return try #require(control.requirements.first { $0.kind == kind })[bound]
        }
        #expect(try bound("8.2.8", .sessionLimits, .minutes) == 15)
        #expect(try bound("8.2.6", .dormantAccounts, .days) == 90)
        #expect(try bound("8.3.4", .lockout, .count) == 10 && bound("8.3.4", .lockout, .minutes) == 30)
        #expect(try bound("8.3.6", .passwordRules, .count) == 12)
        #expect(try bound("10.5.1", .journalRetention, .days) == 365)
    }

    @Test("the files under config are those that are compiled in")
    func sameFiles() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
        for file in try CatalogueShelf().all {
            let path = root + "/config/compliance/\(file.catalogue.framework).yaml"
            let bytes = try #require(FileManager.default.contents(atPath: path))
            #expect(try CatalogueFile([UInt8](bytes), name: path).digest == file.digest)
        }
    }

    private static let own = """
        framework: soc2
        name: Our reading of SOC 2
        edition: of this year
        retention_days: 400
        controls:
          - { id: "X1", title: "Backups", evidence: [backups] }
        """

    @Test("an operator's own file takes the place of a shipped one, and one that is wrong is named with its place")
    func folder() throws {
        let folder = NSTemporaryDirectory() + "gatehouse-catalogues-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        func write(_ text: String, _ name: String) throws {
            try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        }
        try write(Self.own, "ours.yaml")
        try write("not read: [", "notes.txt")
        let shelf = try CatalogueShelf(folder: folder)
        #expect(try shelf.file("soc2").catalogue.controls.map(\.id) == ["X1"])
        #expect(shelf.all.count == 6)
        try write(Self.own.replacing("[backups]", with: "[antivirus]"), "ours.yaml")
        func refusal() -> Fault? {
            do {
                _ = try CatalogueShelf(folder: folder)
                return nil
            } catch { return error as? Fault }
        }
        let wrong = try #require(refusal())
        #expect(wrong.code == "configuration.catalogue" && wrong.message.contains("ours.yaml"))
        #expect(wrong.message.contains("controls[0].evidence[0]"))
        for broken in ["a: [", "", String(repeating: "#", count: 1 << 20) + "\n" + Self.own] {
            try write(broken, "ours.yaml")
            #expect(refusal()?.code == "configuration.catalogue")
        }
        try FileManager.default.removeItem(atPath: folder)
        #expect(refusal()?.code == "configuration.catalogue")
    }
}
