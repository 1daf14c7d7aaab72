import Foundation
import Governance
import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("Assessments", .timeLimit(.minutes(5)))
struct ComplianceServiceTests {
    private static let providers = "providers: [{ id: local, type: local }]"

    private static func person(_ login: String, _ gateway: Gateway, _ caller: Caller) async throws -> PersonID {
        var edit = PersonEdit()
        edit.login = login
        return try await gateway.people.create(edit, by: caller).id
    }

    @Test("S4-58 S4-59 the live status is counted from what happened here, and changes with it")
    func live() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run(Self.providers) { gateway, caller in
            func control(_ id: String) async throws -> ControlResult {
                let status = try await gateway.compliance.status("soc2", in: caller.tenant)
                return try #require(status.controls.first { $0.id == id })
            }
            let before = try await control("CC6.2")
            #expect(before.status == .noEvidence && before.evidence.map(\.kind) == [.joiners, .leavers])
            _ = try await Self.person("ada", gateway, caller)
            let joined = try #require(try await control("CC6.2").evidence.first)
            #expect(joined.verdict == .met && joined.counts.contains { $0.name == "joined" && $0.value == 1 })
            #expect(try await control("CC6.4").status == .noEvidence, "nobody can show doors by a journal")
            // A start states what is in force: passwords of twelve characters and more, which need not be of all kinds,
            // and no directory without TLS.
            let pci = try await gateway.compliance.status("pci_dss", in: caller.tenant)
            let passwords = try #require(pci.controls.first { $0.id == "8.3.6" })
            #expect(passwords.status == .notSatisfied && passwords.evidence.map(\.verdict) == [.met, .unmet])
            #expect(pci.controls.first { $0.id == "4.2.1" }?.status == .satisfied)
            #expect(pci.controls.first { $0.id == "8.2.8" }?.status == .notSatisfied, "an hour is more than 15 minutes")
            // S4-70: the counts of the newest status are what /metrics shows.
            _ = try await gateway.compliance.status(in: caller.tenant)
            let families = try await gateway.metrics()
            let family = try #require(families.first { $0.name == "gatehouse_compliance_control_status" })
            #expect(family.series.count == 18)
            let satisfied = family.series.first {
                $0.labels == ["tenant": "main", "framework": "pci_dss", "status": "satisfied"]
            }
            guard case .number(let count)? = satisfied?.value else { throw Fault.notFound("series") }
            #expect(Int(count) == pci.count(.satisfied))
            await #expect(throws: Fault.notFound("framework")) {
                try await gateway.compliance.status("soc3", in: caller.tenant)
            }
        }
    }

    @Test("S4-58 the same position gives the same bytes, whatever happened since, and the next position others")
    func reproducible() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let kept = try await bench.run(Self.providers) { gateway, caller in
            for login in ["ada", "bob"] { _ = try await Self.person(login, gateway, caller) }
            let position = try await gateway.audit.size(of: caller.tenant).size
            func document(_ position: Int64?) async throws -> [UInt8] {
                let made = try await gateway.compliance.assess(["soc2"], upTo: position, by: caller)
                return try await gateway.compliance.assessment(try #require(made.first).id, in: caller.tenant).document
            }
            let first = try await document(position)
            let eve = try await Self.person("eve", gateway, caller)
            try await gateway.people.erase(eve, by: caller)
            #expect(try await document(position) == first)
            #expect(try await document(position + 1) != first)
            let now = try await gateway.compliance.assess(["gdpr"], by: caller)
            let id = try #require(now.first).id
            #expect(try await gateway.compliance.isReproducible(id, in: caller.tenant))
            let assessment = try Assessment(document: first)
            #expect(assessment.basis.position == position)
            let leaves = try await gateway.store.leaves(of: caller.tenant, size: position)
            #expect(assessment.basis.root == Hex.text(MerkleTree.root(leaves)), "the root is the journal's own")
            return id
        }
        // After a restart, and with a book read anew from the first event.
        let isSame = try await bench.run(Self.providers) { gateway, caller in
            try await gateway.compliance.isReproducible(kept, in: caller.tenant)
        }
        #expect(isSame)
    }

    @Test("a record that is changed in the database after it was read is found by the next assessment")
    func changed() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run(Self.providers) { gateway, caller in
            func integrity(_ id: AssessmentID) async throws -> Evidence? {
                try await gateway.compliance.assessment(id, in: caller.tenant).assessment.controls
                    .flatMap(\.evidence).first { $0.kind == .journalIntegrity }
            }
            let before = try await gateway.compliance.assess(["soc2"], by: caller)
            let first = try #require(before.first).id
            #expect(try await integrity(first)?.verdict == .met)
            // A byte of the first event's content, as somebody with the file could change it.
            try await gateway.store.write(.spool) { tx in
                let row = try tx.sql.queryOne(
                    "SELECT record FROM journal_event WHERE tenant = ?1 AND position = 1", [.id(caller.tenant)])
                guard var record = try row?.blob(0) else { return }
                record[record.count - 1] ^= 1
                try tx.sql.execute(
                    "UPDATE journal_event SET record = ?2 WHERE tenant = ?1 AND position = 1",
                    [.id(caller.tenant), .blob(record)])
            }
            let after = try await gateway.compliance.assess(["soc2"], by: caller)
            let last = try #require(after.first)
            let found = try #require(try await integrity(last.id))
            #expect(found.verdict == .unmet && found.positions == [1])
            #expect(try await !gateway.compliance.isReproducible(first, in: caller.tenant))
        }
    }

    @Test("a position there is not, and a moment before it, are refused")
    func bounds() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run(Self.providers) { gateway, caller in
            let (size, compliance) = (try await gateway.audit.size(of: caller.tenant).size, gateway.compliance)
            for position in [-1, size + 1] {
                await #expect(throws: Fault.invalid("")) {
                    try await compliance.assess(["soc2"], upTo: position, by: caller)
                }
            }
            await #expect(throws: Fault.invalid("")) {
                try await compliance.assess(["soc2"], upTo: size, at: Timestamp(seconds: 1), by: caller)
            }
            _ = try await compliance.assess(["soc2"], upTo: size, by: caller)
        }
    }

    @Test("a signed assessment is verified offline; any change, another key and a foreign envelope are found")
    func signature() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let heads = bench.folder + "/heads.jsonl"
        let sinks = "\(Self.providers)\njournal: { sinks: [{ type: file, path: \(heads) }] }"
        let signed = try await bench.run(sinks) { gateway, caller in
            let made = try await gateway.compliance.assess(["sox"], by: caller)
            return try await gateway.compliance.signed(try #require(made.first).id, in: caller.tenant)
        }
        let bytes = [UInt8](try JSONEncoder().encode(signed))
        let key = try #require(signed.signatures.first).keyid
        let plain = AssessmentCheck.verify(bytes)
        #expect(plain.isSound && !plain.isTrusted && plain.key == key)
        #expect(try Assessment(document: try #require(plain.document)).framework == "sox")
        #expect(AssessmentCheck.verify(bytes, trusted: [key]).isTrusted)
        #expect(!AssessmentCheck.verify(bytes, trusted: [KeyID(high: 1, low: 1).description]).isSound)
        let file = bench.folder + "/assessment.json"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        #expect(try AssessmentCheck.verify(file, checkpoint: heads).isTrusted, "the key signs the heads kept outside")

        func broken(_ change: (inout [String: Any]) -> Void) throws -> AssessmentCheck.Report {
            var tree = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
            change(&tree)
            return AssessmentCheck.verify([UInt8](try JSONSerialization.data(withJSONObject: tree)))
        }
        let document = try #require(Base64.decode(signed.payload, .padded))
        let better = String(decoding: document, as: UTF8.self).replacing("not_satisfied", with: "satisfied")
        #expect(try !broken { $0["payload"] = Base64.encode(Array(better.utf8), .padded) }.isSound)
        #expect(try !broken { $0["payloadType"] = "text/plain" }.isSound)
        #expect(try !broken { $0["signatures"] = [] }.isSound)
        let other = PublishedKey(publicKey: [UInt8](repeating: 7, count: 32))
        #expect(
            try !broken {
                $0["signatures"] = [
                    [
                        "keyid": other.id.description, "sig": signed.signatures[0].sig,
                        "publicKey": Base64.encode(other.publicKey, .padded),
                    ]
                ]
            }.isSound)
        #expect(!AssessmentCheck.verify(Array("{}".utf8)).isSound)
        #expect(throws: Fault.self) { try AssessmentCheck.verify(bench.folder + "/missing.json") }
    }

    @Test("S4-76 all frameworks of every tenant are assessed by reads alone, and beside changes that do not wait")
    func batch() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let tenants = "[{ slug: main }, { slug: other }]"
        try await bench.run(Self.providers, tenants: tenants) { gateway, caller in
            try await gateway.store.write(.spool) { tx in
                for number in 0..<20_000 {
                    try tx.append(
                        caller.event(
                            "role.created", Storage.Stream("role", RoleID(high: 1, low: UInt64(number))),
                            facts: [Fact("privileged", .bool(number % 2 == 0))]))
                }
            }
            func writes() -> Int {
                let statistics = gateway.store.writerStatistics
                return statistics.lanes.reduce(0) { $0 + $1.wait.count }
            }
            let before = writes()
            let clock = ContinuousClock()
            // Everything is judged, and nothing is written for it.
            let reading = clock.now
            for tenant in gateway.tenants.all {
                #expect(try await gateway.compliance.status(in: tenant.id).count == 6)
            }
            print("12 frameworks judged by 20,000 events read from the first one: \(clock.now - reading)")
            #expect(writes() == before, "the live status writes nothing")
            let began = clock.now
            let batch = Task { try await gateway.assessEverything(by: .system("test")) }
            var slowest = Duration.zero
            for number in 0..<20 {
                let start = clock.now
                _ = try await Self.person("beside\(number)", gateway, caller)
                slowest = max(slowest, clock.now - start)
            }
            let made = try await batch.value
            let taken = clock.now - began
            #expect(made.count == 12)
            // One body at the writer for each tenant, in the last lane, beside the twenty people.
            #expect(writes() - before == 22)
            print("12 assessments over 20,000 events: \(taken); slowest of 20 changes beside them: \(slowest)")
            let events = try await gateway.store.events(
                of: caller.tenant, after: 20_000, filter: EventFilter(typePrefix: "compliance."), limit: 100)
            #expect(events.count == 6)
            let digests = events.flatMap { $0.envelope.facts }.compactMap { fact -> [UInt8]? in
                if case .digest(let digest) = fact.value { digest } else { nil }
            }
            let entries = try await gateway.compliance.list(in: caller.tenant, framework: nil, after: nil, limit: 10)
            #expect(Set(entries.map(\.digest)) == Set(digests.map(Hex.text)))
        }
    }

    @Test("one tenant's assessments show nothing of another's, and are not there for it")
    func tenants() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run(Self.providers, tenants: "[{ slug: main }, { slug: other }]") { gateway, caller in
            let other = try #require(gateway.tenants.tenant(slug: "other"))
            _ = try await Self.person("ada", gateway, caller)
            let made = try await gateway.compliance.assess(["soc2"], by: caller)
            let id = try #require(made.first).id
            let compliance = gateway.compliance
            await #expect(throws: Fault.notFound("assessment")) { try await compliance.assessment(id, in: other.id) }
            await #expect(throws: Fault.notFound("assessment")) { try await compliance.signed(id, in: other.id) }
            #expect(try await compliance.list(in: other.id, framework: nil, after: nil, limit: 10).isEmpty)
            let status = try await compliance.status("soc2", in: other.id)
            let joiners = status.controls.flatMap(\.evidence).first { $0.kind == .joiners }
            #expect(joiners?.verdict == .absent)
        }
    }

    @Test("a backup of this journal is evidence, a foreign manifest is refused, and so is one from the future")
    func backups() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run(Self.providers) { gateway, caller in
            func age() async throws -> Evidence.Verdict? {
                let status = try await gateway.compliance.status("soc2", in: caller.tenant)
                return status.controls.first { $0.id == "A1.2" }?.evidence.first?.verdict
            }
            #expect(try await age() == .absent)
            let path = bench.folder + "/backup.db"
            _ = try await gateway.store.backup(to: path, now: gateway.clock())
            let data = try #require(FileManager.default.contents(atPath: path + ".manifest.json"))
            let manifest = try JSONDecoder().decode(AttributeValue.self, from: data)
            let note = try ComplianceService.BackupNote(manifest: manifest, isProven: false)
            _ = try await gateway.compliance.note(note, by: caller)
            #expect(try await age() == .met)
            var foreign = try #require(manifest.object)
            foreign["heads"] = []
            let without = try ComplianceService.BackupNote(manifest: .object(foreign), isProven: false)
            let compliance = gateway.compliance
            await #expect(throws: Fault("compliance.foreign_backup", .caller, "")) {
                try await compliance.note(without, by: caller)
            }
            var late = try #require(manifest.object)
            late["takenAt"] = .string((gateway.clock() + .hours(1)).rfc3339)
            let future = try ComplianceService.BackupNote(manifest: .object(late), isProven: false)
            await #expect(throws: Fault.invalid("")) { try await compliance.note(future, by: caller) }
            #expect(throws: Fault.invalid("")) {
                try ComplianceService.BackupNote(manifest: ["version": 1], isProven: true)
            }
        }
    }

    @Test("that heads are kept outside is noted once a day, and only where they are")
    func keptHeads() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        func noted(_ gateway: Gateway, _ caller: Caller) async throws -> Int {
            for _ in 0..<2 {
                try await gateway.signHeads()
                try await gateway.noteKeptHeads()
            }
            return try await gateway.store.events(
                of: caller.tenant, filter: EventFilter(typePrefix: "heads."), limit: 10
            ).count
        }
        #expect(try await bench.run(Self.providers, noted) == 0)
        let sinks = "\(Self.providers)\njournal: { sinks: [{ type: file, path: \(bench.folder)/heads.jsonl }] }"
        #expect(try await bench.run(sinks, noted) == 1)
        #expect(try await bench.run(sinks, noted) == 1, "a restart notes nothing again on the same day")
    }
}
