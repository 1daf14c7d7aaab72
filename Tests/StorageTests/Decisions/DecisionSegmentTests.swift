import Foundation
import Storage
import Synchronization
import Testing
import Vocabulary

@Suite struct DecisionSegmentTests {
    let fixture = DecisionFixture()

    private func contains(_ haystack: [UInt8], _ needle: String) -> Bool {
        Data(haystack).range(of: Data(needle.utf8)) != nil
    }

    // S4-72.
    @Test func `inputs stand nowhere in clear, and once for many decisions`() async throws {
        let recorder = try fixture.recorder()
        let mail = "zoe.unique@example.org", asker = fixture.asker()
        for _ in 0..<50 {
            _ = recorder.record(
                fixture.decision(asker, outcome: .deny, resource: mail) {
                    $0.action = "unusual-action"
                    $0.resourceType = "unusual-type"
                    $0.reads = [.init(name: "subject.nick", source: "stored", value: .value("Zozo-the-unique"))]
                    $0.origin.request = mail
                    $0.origin.trace = "a sentence that somebody sent"
                    $0.reason = "no_matching_rule"
                })
        }
        await recorder.stop()
        let bytes = try fixture.bytes(try #require(try fixture.files(".seg").first))
        for secret in [mail, "unusual-action", "Zozo-the-unique", "unusual-type", "a sentence"] {
            let isInClear = contains(bytes, secret)
            #expect(!isInClear, "\(secret)")
        }
        // What the search would find, were it there: words are in clear, and the file is read whole.
        let wordsAreInClear = contains(bytes, "no_matching_rule") && contains(bytes, "policy:documents@3")
        #expect(wordsAreInClear)
        let size = bytes.count
        #expect(size < 50 * 80)
        let page = try fixture.log.list(fixture.tenant)
        #expect(page.decisions.count == 50)
        for record in page.decisions {
            guard case .read(let inputs) = record.inputs else { Issue.record("inputs do not open"); return }
            #expect(inputs.resourceID == mail && record.origin.request == nil && record.origin.trace == nil)
        }
    }

    // Bytes are judged eight at a time: each character stands once among the first eight and once behind.
    @Test(arguments: [("1234", "5678-ABC.z"), ("abcdefgh_Z", "9")])
    func `an id of a request is kept only when all of it is letters, digits or marks`(
        before: String, after: String
    ) async throws {
        let recorder = try fixture.recorder()
        let characters = (0...255).map { Unicode.Scalar($0)! }
        for character in characters {
            _ = recorder.record(
                fixture.decision(fixture.asker(), outcome: .deny) {
                    $0.origin.request = before + String(character) + after
                })
        }
        await recorder.stop()
        let kept = try fixture.log.list(fixture.tenant, limit: 500).decisions.compactMap(\.origin.request)
        let marks = characters.filter { $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil) }
        let expected = marks.map { before + String($0) + after } + ["-", ".", "_", ":"].map { before + $0 + after }
        #expect(kept.sorted() == expected.sorted() && kept.count == 66)
    }

    @Test func `of an erased person the record stays and the inputs do not open`() async throws {
        let recorder = try fixture.recorder()
        let other = PersonID(high: 5, low: 5)
        _ = recorder.record(fixture.decision(fixture.asker(), outcome: .deny))
        _ = recorder.record(fixture.decision(fixture.asker(other), outcome: .deny))
        await recorder.stop()
        fixture.erase(.person(fixture.person))
        let page = try fixture.log.list(fixture.tenant)
        #expect(page.decisions.count == 2)
        for record in page.decisions {
            if record.asker.subject == .person(other) {
                #expect(record.inputs != .unreadable)
            } else {
                #expect(record.inputs == .unreadable && record.determining == ["policy:documents@3"])
            }
        }
    }

    @Test func `inputs that cannot be sealed or are too large are left out, and the record says so`() async throws {
        let recorder = try fixture.recorder()
        fixture.erase(.person(fixture.person))
        let unsealed = fixture.decision(fixture.asker(), outcome: .deny)
        let other = fixture.asker(PersonID(high: 5, low: 5))
        func sized(_ count: Int) -> RecordedDecision {
            fixture.decision(other, outcome: .deny) {
                let text = String(repeating: "x", count: count)
                $0.reads = [.init(name: "a", source: "request", value: .value(.string(text)))]
            }
        }
        let fits = sized((256 << 10) - 100), large = sized(256 << 10)
        var nested: AttributeValue = "x"
        for _ in 0..<32 { nested = [nested] }
        let deep = fixture.decision(other, outcome: .deny) {
            $0.reads = [.init(name: "a", source: "request", value: .value(nested))]
        }
        for decision in [unsealed, fits, large, deep] { #expect(recorder.record(decision) == .recorded) }
        await recorder.stop()
        #expect(try fixture.log.find(unsealed.id, tenant: fixture.tenant)?.inputs == .notSealed)
        #expect(try fixture.log.find(large.id, tenant: fixture.tenant)?.inputs == .tooLarge)
        #expect(try fixture.log.find(deep.id, tenant: fixture.tenant)?.inputs == .tooLarge)
        guard case .read = try fixture.log.find(fits.id, tenant: fixture.tenant)?.inputs else {
            Issue.record("inputs within the limit do not open")
            return
        }
        #expect(recorder.statistics.unreadableInputs == 3)
    }

    @Test(arguments: ["cut", "changed", "garbage"])
    func `a torn tail is found, cut and kept aside, and a new segment begins`(how: String) async throws {
        let source = try fixture.recorder()
        let asker = fixture.asker(), first = fixture.decision(asker, outcome: .deny)
        try await source.recordDurably(first)
        let name = try #require(try fixture.files(".seg").first)
        let whole = try fixture.bytes(name)
        try await source.recordDurably(fixture.decision(asker, outcome: .deny))
        let more = try fixture.bytes(name)
        await source.stop()
        // What a crash in the middle of a write leaves behind.
        let torn: [UInt8] =
            switch how {
            case "cut": Array(more.dropLast(5))
            case "changed": more.dropLast() + [more.last! ^ 1]
            default: whole + [UInt8](repeating: 0, count: 4_096)
            }
        try fixture.write(torn, to: name)
        #expect(try fixture.log.list(fixture.tenant).decisions.map(\.id) == [first.id])

        let recorder = try fixture.recorder()
        let second = fixture.decision(asker, outcome: .deny)
        try await recorder.recordDurably(second)
        await recorder.stop()
        let page = try fixture.log.list(fixture.tenant)
        #expect(page.decisions.map(\.id) == [second.id, first.id])
        #expect(page.decisions.map(\.sequence) == [2, 1])
        #expect(try fixture.files(".seg").count == 2)
        #expect(try fixture.bytes(name).starts(with: whole))
        #expect(try fixture.bytes(name + ".torn") == Array(torn[whole.count...]))
        let announced = try #require(fixture.closed.last { $0.name == name })
        #expect(announced.records == 1 && announced.firstAt == first.at && announced.lastAt == first.at)
        #expect(try fixture.log.verify(fixture.tenant, journalled: [name: announced.sha256])[name] == .intact)
    }

    @Test func `a file without a whole header is kept aside and its number used again`() async throws {
        try FileManager.default.createDirectory(atPath: fixture.tenantDirectory, withIntermediateDirectories: true)
        let name = "0000000000000001.seg"
        try fixture.write([1, 2, 3], to: name)
        let recorder = try fixture.recorder()
        let made = fixture.decision(fixture.asker())
        try await recorder.recordDurably(made)
        await recorder.stop()
        #expect(try fixture.bytes(name + ".torn") == [1, 2, 3])
        #expect(try fixture.log.find(made.id, tenant: fixture.tenant)?.sequence == 1)
    }

    @Test func `segments rotate by size, in one unbroken sequence`() async throws {
        let recorder = try fixture.recorder { $0.segmentBytes = 2_000 }
        let asker = fixture.asker()
        for number in 0..<40 {
            try await recorder.recordDurably(fixture.decision(asker, outcome: .deny, resource: "doc-\(number)"))
        }
        await recorder.stop()
        let closed = fixture.closed
        #expect(closed.count > 2 && closed.reduce(0) { $0 + $1.records } == 40)
        for (one, next) in zip(closed, closed.dropFirst()) { #expect(next.first == one.first + one.records) }
        for segment in closed.dropLast() { #expect(try (2_000..<3_000).contains(fixture.bytes(segment.name).count)) }
        let page = try fixture.log.list(fixture.tenant)
        #expect(page.decisions.map(\.sequence) == (1...40).reversed())
    }

    @Test func `a segment is closed at its age, and when too many tenants are open`() async throws {
        let recorder = try fixture.recorder {
            $0.segmentAge = .seconds(10)
            $0.openSegments = 2
        }
        try await recorder.recordDurably(fixture.decision(fixture.asker()))
        fixture.now.withLock { $0 = $0 + .seconds(9) }
        try await Task.sleep(for: .milliseconds(60))
        #expect(fixture.closed.isEmpty)
        fixture.now.withLock { $0 = $0 + .seconds(1) }
        #expect(try await fixture.eventually { fixture.closed.count == 1 })
        for low in 1...3 as ClosedRange<UInt64> {
            let asker = fixture.asker(tenant: TenantID(high: 8, low: low))
            try await recorder.recordDurably(fixture.decision(asker))
        }
        #expect(try await fixture.eventually { fixture.closed.count == 2 })
        #expect(fixture.closed.last?.tenant == TenantID(high: 8, low: 1))
        await recorder.stop()
    }

    @Test func `a segment not journalled is announced again, a journalled one is not`() async throws {
        for _ in 0..<2 {
            let recorder = try fixture.recorder()
            try await recorder.recordDurably(fixture.decision(fixture.asker()))
            await recorder.stop()
        }
        #expect(fixture.closed.count == 3)
        let (first, again, second) = (fixture.closed[0], fixture.closed[1], fixture.closed[2])
        #expect(first == again && second.first == 2)
        let third = try fixture.recorder()
        try third.journalled(first)
        try third.journalled(first)
        await third.stop()
        let fourth = try fixture.recorder()
        await fourth.stop()
        // The third run still announced both; the fourth only what was not journalled by then.
        #expect(fixture.closed[3...].map(\.name) == [first.name, second.name, second.name])
        #expect(try fixture.log.segments(fixture.tenant) == [first])
    }

    // S4-63.
    @Test func `retention deletes what is old and journalled, keeps its sum, and never reuses a number`() async throws {
        let recorder = try fixture.recorder {
            $0.segmentBytes = 1
            $0.retention = .days(30)
            $0.retentionInterval = .zero
        }
        let asker = fixture.asker()
        for _ in 0..<3 { try await recorder.recordDurably(fixture.decision(asker)) }
        #expect(try await fixture.eventually { fixture.closed.count == 3 })
        let closed = fixture.closed
        try recorder.journalled(closed[0])
        try recorder.journalled(closed[2])
        try await Task.sleep(for: .milliseconds(60))
        #expect(try fixture.files(".seg").count == 3)
        fixture.now.withLock { $0 = $0 + .days(31) }
        #expect(try await fixture.eventually { try fixture.files(".seg") == [closed[1].name] })
        #expect(try fixture.files(".sum") == [closed[0].name + ".sum", closed[2].name + ".sum"])
        await recorder.stop()
        let digests = Dictionary(uniqueKeysWithValues: closed.map { ($0.name, $0.sha256) })
        #expect(
            try fixture.log.verify(fixture.tenant, journalled: digests)
                == [closed[0].name: .retired, closed[1].name: .intact, closed[2].name: .retired])
        let next = try fixture.recorder()
        let made = fixture.decision(asker)
        try await next.recordDurably(made)
        await next.stop()
        #expect(try fixture.log.find(made.id, tenant: fixture.tenant)?.sequence == 4)
    }

    @Test func `a changed, a vanished and an unknown segment are told apart`() async throws {
        let recorder = try fixture.recorder { $0.segmentBytes = 1 }
        for _ in 0..<4 { try await recorder.recordDurably(fixture.decision(fixture.asker())) }
        await recorder.stop()
        let closed = fixture.closed
        let digests = Dictionary(uniqueKeysWithValues: closed.prefix(3).map { ($0.name, $0.sha256) })
        for segment in closed.prefix(3) { try recorder.journalled(segment) }
        var bytes = try fixture.bytes(closed[0].name)
        bytes[bytes.count / 2] ^= 1
        try fixture.write(bytes, to: closed[0].name)
        for suffix in ["", ".sum"] {
            try FileManager.default.removeItem(atPath: fixture.tenantDirectory + "/" + closed[1].name + suffix)
        }
        #expect(
            try fixture.log.verify(fixture.tenant, journalled: digests)
                == [
                    closed[0].name: .changed, closed[1].name: .missing, closed[2].name: .intact,
                    closed[3].name: .notJournalled,
                ])
        // Reading a changed segment is an error, never a shorter list.
        #expect(throws: Fault("decisions.damaged", .ourselves, "")) { try fixture.log.list(fixture.tenant) }
    }

    @Test func `the sum file is what sha256sum checks`() async throws {
        let recorder = try fixture.recorder()
        try await recorder.recordDurably(fixture.decision(fixture.asker()))
        await recorder.stop()
        let segment = try #require(fixture.closed.first)
        try recorder.journalled(segment)
        let check = Process()
        check.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
        check.arguments = ["--check", "--strict", "--status", segment.name + ".sum"]
        check.currentDirectoryURL = URL(fileURLWithPath: fixture.tenantDirectory)
        try check.run()
        check.waitUntilExit()
        #expect(check.terminationStatus == 0)
    }
}
