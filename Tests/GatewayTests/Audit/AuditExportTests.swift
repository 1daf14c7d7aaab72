import Foundation
import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

// S4-64, S4-74: what is audited can be collected by others.
@Suite("The journal's events as other tools take them")
struct AuditExportTests {
    private static let tenant = TenantID(high: 1, low: 2)

    /// An event with everything that a fact can be, of the given type.
    private static func entry(
        _ type: String, facts: [String: AttributeValue]? = nil, stream: String = "session", actor: String? = nil
    ) -> AuditEntry {
        let id = EventID(high: 7, low: 8).description
        return AuditEntry(
            position: 41, event: EventID(high: 3, low: 4), type: type,
            at: Timestamp(microseconds: 1_800_000_000_123_456),
            streamKind: stream, streamID: id, actor: actor ?? "person:\(id)", onBehalfOf: nil,
            command: CommandID(high: 5, low: 6), causation: nil, trace: "00-abc-def-01",
            facts: facts ?? [
                "person": ["kind": "person", "id": .string(id)], "role": ["kind": "role", "id": .string(id)],
                "kind": "new_device", "acr": "urn:gatehouse:aal:2", "code": "login.bad_credentials",
                "source": "abcdef", "count": 12, "gained": [["kind": "group", "id": .string(id)]],
            ])
    }

    private static let judge = ProcessInfo.processInfo.environment["JUDGE_PYTHON"] ?? "python3"
    private static var hasJudge: Bool { judge(nil) != nil }

    /// What the judge says; nil where it is not installed.
    private static func judge(_ lines: String?) -> String? {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Tools/ocsf_judge.py").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = lines == nil ? [judge, "-c", "import ocsf_json_schema, jsonschema"] : [judge, script]
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (input, output)
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        // Written by another thread, or a full pipe would stop both sides.
        let text = Data((lines ?? "").utf8)
        Thread.detachNewThread {
            try? input.fileHandleForWriting.write(contentsOf: text)
            try? input.fileHandleForWriting.close()
        }
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? said : nil
    }

    @Test(
        "every type of event is what the schema of its class asks for, with facts and without, whoever did it",
        .enabled(if: hasJudge, "SKIPPED: PyPI's ocsf-json-schema is not installed, so the judge of OCSF did not speak"))
    func schema() throws {
        var lines: [String] = []
        for type in EventCatalogue.meanings.keys.sorted() + ["rocket.launched"] {
            for actor in [nil, "anonymous", "os:0", "system:sync", "service_account:\(EventID(high: 1, low: 1))"] {
                for facts in [nil, [:], ["login": "0011"]] as [[String: AttributeValue]?] {
                    for stream in ["person", "session", "role"] {
                        lines.append(
                            try AuditFormat.ocsf.line(
                                Self.entry(type, facts: facts, stream: stream, actor: actor), in: Self.tenant))
                    }
                }
            }
        }
        let said = try #require(Self.judge(lines.joined()))
        #expect(said == "judged \(lines.count)\n", "\(said.prefix(2_000))")
        // The judge is no stub.
        #expect(
            try #require(Self.judge(lines[0].replacingOccurrences(of: "\"time\":", with: "\"tme\":"))).contains("tme"))
    }

    @Test("what OCSF says is what the journal says")
    func fields() throws {
        let refused = Self.entry("login.refused").ocsf(in: Self.tenant)
        #expect(refused["class_uid"] == 3_002 && refused["type_uid"] == 300_201 && refused["status_id"] == 2)
        #expect(refused["time"] == 1_800_000_000_123)
        #expect(refused["metadata"]?["sequence"] == 41 && refused["metadata"]?["event_code"] == "login.refused")
        #expect(refused["metadata"]?["tenant_uid"]?.string == Self.tenant.description)
        #expect(refused["src_endpoint"]?["uid"] == "abcdef")
        #expect(refused["unmapped"]?["facts"]?["count"] == 12)
        let unknown = Self.entry("login.refused", facts: ["login": "0011"], actor: "anonymous").ocsf(in: Self.tenant)
        #expect(unknown["user"]?["name"] == "digest:0011")
        let granted = Self.entry("role.assigned", stream: "assignment").ocsf(in: Self.tenant)
        #expect(granted["class_uid"] == 3_005 && granted["activity_id"] == 1)
        #expect(Self.entry("sod.violation_detected").ocsf(in: Self.tenant)["compliance"]?["status_id"] == 3)
        #expect(Self.entry("login.anomaly_found").ocsf(in: Self.tenant)["finding_info"]?["types"] == ["new_device"])
    }

    @Test("a line of CEF reads back as it was written, whatever stands in it")
    func cef() throws {
        let nasty = "a|b\\c=d\ne\rf g=h \\| x=\u{7} =cmd|' /C calc'!A0 ünï"
        let entry = Self.entry("login.refused", facts: ["code": .string(nasty), "other": .string(nasty)])
        let line = try entry.cef(in: Self.tenant)
        let read = try #require(CEFReader(line))
        #expect(
            read.header == [
                "CEF:0", "Gatehouse", "Gatehouse", GatehouseVersion.current, "login.refused", "Sign-in refused", "3",
            ])
        #expect(read.fields["reason"] == nasty.replacingOccurrences(of: "\u{7}", with: " "))
        #expect(read.fields["externalId"] == entry.event.description)
        #expect(read.fields["rt"] == "1800000000123" && read.fields["cn1"] == "41")
        #expect(read.fields["outcome"] == "failure")
        let facts = try JSONColumn.decode(AttributeValue.self, try #require(read.fields["GatehouseFacts"]))
        #expect(facts["other"]?.string == nasty)
    }

    @Test("an injected separator begins neither a field nor an event")
    func cefInjection() throws {
        for text in ["x outcome=success", "x\nCEF:0|Evil|Evil|1|e|e|10|", "x|y|z", "\\", "x\\"] {
            let trace = Self.entry("login.refused", facts: ["reason": .string(text)])
            let read = try #require(CEFReader(try trace.cef(in: Self.tenant)))
            #expect(read.fields["outcome"] == "failure" && read.fields["reason"] == text)
            #expect(read.header[1] == "Gatehouse")
        }
        let type = try #require(CEFReader(try Self.entry("odd|type\\=\n").cef(in: Self.tenant)))
        #expect(type.header[4] == "odd|type\\= ")
    }

    @Test("every type of event is a line of CEF", arguments: AuditFormat.allCases)
    func everyType(format: AuditFormat) throws {
        for type in EventCatalogue.meanings.keys.sorted() {
            let line = try format.line(Self.entry(type), in: Self.tenant)
            #expect(line.hasSuffix("\n") && line.dropLast().allSatisfy { !$0.isNewline }, "\(type)")
            if format == .cef { #expect(CEFReader(String(line.dropLast()))?.header[4] == type) }
        }
    }

    @Test("parts together are the whole journal, each event once, and a part has an end")
    func parts() async throws {
        let bench = try await LoginBench()
        for number in 0..<7 { _ = try await bench.insert("person-\(number)") }
        let audit = AuditService(store: bench.store)
        let size = try await audit.size(of: bench.tenant).size
        var (end, lines, parts) = (Int64(0), [String](), 0)
        while let part = try await audit.lines(.cef, in: bench.tenant, after: end, limit: 3) {
            let own = part.text.split(separator: "\n").map(String.init)
            #expect((1...3).contains(own.count))
            lines += own
            (end, parts) = (part.end, parts + 1)
        }
        #expect(lines.map { CEFReader($0)?.fields["cn1"] } == (1...size).map { "\($0)" })
        #expect(parts == Int((size + 2) / 3) && end == size)
        // The names of people are sealed, and stay so.
        #expect(!lines.joined().contains("person-3") && !lines.joined().contains("anna"))
        #expect(try await audit.lines(.ocsf, in: TenantID(high: 9, low: 9), after: 0) == nil)
    }
}
