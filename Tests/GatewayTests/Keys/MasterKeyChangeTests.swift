import Foundation
import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("Another master key: cut off at any moment, one of the two opens everything")
struct MasterKeyChangeTests {
    private static func files(_ bench: RulesBench) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: bench.folder)).subtracting(["data"])
    }

    private static func caller(_ gateway: Gateway) throws -> Caller {
        Caller(
            tenant: try #require(gateway.tenants.defaultTenant).id, actor: .operatingSystemUser(0),
            command: .random(at: gateway.clock()))
    }

    /// Opens, proves that what was stored is there, and closes.
    private static func expectOpens(_ bench: RulesBench, _ place: SourceLocation = #_sourceLocation) async throws {
        let gateway = try await bench.open()
        let caller = try caller(gateway)
        let person = try await gateway.people.person(named: "ada", in: caller.tenant)
        #expect(person.login == "ada", sourceLocation: place)
        try await gateway.close()
    }

    private static func filled() async throws -> RulesBench {
        let bench = try RulesBench()
        let gateway = try await bench.open()
        var edit = PersonEdit()
        edit.login = "ada"
        _ = try await gateway.people.create(edit, by: try caller(gateway))
        try await gateway.close()
        return bench
    }

    @Test func aNewKeyThatCannotBeReadIsKeptAndOneThatWasCutOffIsPutAside() async throws {
        let bench = try await Self.filled()
        defer { bench.remove() }
        let change = try MasterKeyChange(bench.configuration)
        _ = try change.prepare()
        let made = try String(contentsOfFile: change.next, encoding: .utf8)
        chmod(change.next, 0o644)
        #expect(throws: Fault.self) { try change.prepare() }
        #expect(try String(contentsOfFile: change.next, encoding: .utf8) == made)
        unlink(change.next)
        try String(made.prefix(20)).write(toFile: change.next, atomically: true, encoding: .utf8)
        chmod(change.next, 0o400)
        _ = try change.prepare()
        #expect(try String(contentsOfFile: change.next + ".unfinished", encoding: .utf8) == made.prefix(20))
        try await Self.expectOpens(bench)
    }

    @Test func everyStepMayBeTheLastAndTheNextRunFinishes() async throws {
        let bench = try await Self.filled()
        defer { bench.remove() }
        let path = bench.folder + "/master.key"
        let former = try String(contentsOfFile: path, encoding: .utf8)
        let change = try MasterKeyChange(bench.configuration)

        // Cut off before the database has heard of it: the present key opens, and the same new one is taken up.
        let first = try change.prepare()
        let made = try String(contentsOfFile: change.next, encoding: .utf8)
        try await Self.expectOpens(bench)
        let code = try change.prepare()
        #expect(code.reveal() != first.reveal())
        #expect(try String(contentsOfFile: change.next, encoding: .utf8) == made)

        // Cut off before the file: the database is under the new key, and a start finds it.
        var gateway = try await bench.open()
        #expect(try await gateway.rewrapKeys(by: Self.caller(gateway)))
        #expect(try await !gateway.rewrapKeys(by: Self.caller(gateway)))
        try await gateway.close()
        try await Self.expectOpens(bench)
        let maintenance = try await Maintenance.open(bench.configuration, logger: bench.logger)
        #expect(try await maintenance.check().isEmpty)
        try maintenance.close()
        let last = try change.prepare()
        gateway = try await bench.open()
        #expect(try await !gateway.rewrapKeys(by: Self.caller(gateway)))
        try await gateway.close()

        let kept = try change.finish()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == made)
        #expect(try String(contentsOfFile: kept, encoding: .utf8) == former)
        let name = URL(fileURLWithPath: kept).lastPathComponent
        #expect(try Self.files(bench) == ["master.key", "master.key.recovery", name])
        try await Self.expectOpens(bench)
        let recovered = bench.folder + "/recovered"
        try Installation.recoverMasterKey(sealed: path + ".recovery", code: last, to: recovered)
        #expect(try String(contentsOfFile: recovered, encoding: .utf8) == made)
        for file in ["master.key", "master.key.recovery", name] {
            let mode = try FileManager.default.attributesOfItem(atPath: "\(bench.folder)/\(file)")[.posixPermissions]
            #expect(mode as? Int == 0o400)
        }
    }

    @Test func aKeyThatWasCutOffWhileItWasWrittenIsMadeAnew() async throws {
        let bench = try await Self.filled()
        defer { bench.remove() }
        let change = try MasterKeyChange(bench.configuration)
        try "0011".write(toFile: change.next, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: change.next)
        _ = try change.prepare()
        #expect(try String(contentsOfFile: change.next, encoding: .utf8).count == 65)
    }

    @Test func withoutANewKeyNothingChangesAndAVariableIsNotAFile() async throws {
        let bench = try await Self.filled()
        defer { bench.remove() }
        let gateway = try await bench.open()
        let refused = await #expect(throws: Fault.self) { try await gateway.rewrapKeys(by: Self.caller(gateway)) }
        #expect(refused?.code == "keys.no_next" && refused?.culprit == .caller)
        try await gateway.close()
        var configuration = bench.configuration
        configuration.masterKey = .environment("GATEHOUSE_MASTER_KEY")
        let fault = #expect(throws: Fault.self) { _ = try MasterKeyChange(configuration) }
        #expect(fault?.code == "keys.not_a_file" && "\(fault, default: "")".contains("keys.master_key_file"))
    }

    @Test func aWrongMasterKeySaysWhereAndHowToMendIt() async throws {
        let bench = try await Self.filled()
        defer { bench.remove() }
        let path = bench.folder + "/master.key"
        for file in [path, path + ".next"] {
            try? FileManager.default.removeItem(atPath: file)
            try SecretFile.create(file, MasterKey.generate().hexadecimal)
        }
        let fault = await #expect(throws: Fault.self) { _ = try await bench.open() }
        let text = "\(fault, default: "")"
        #expect(fault?.code == "keys.wrong_master")
        for part in [path, bench.folder + "/data", "gatehouse key recover \(path).recovery", ".former-"] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        let reading = await #expect(throws: Fault.self) {
            _ = try await Maintenance.open(bench.configuration, logger: bench.logger)
        }
        #expect(reading == fault)
    }

    @Test func twoChangesAtOnceExcludeEachOther() async throws {
        let bench = try await Self.filled()
        defer { bench.remove() }
        let (one, other) = (try MasterKeyChange(bench.configuration), try MasterKeyChange(bench.configuration))
        try await one.alone {
            _ = try one.prepare()
            let made = try String(contentsOfFile: one.next, encoding: .utf8)
            do {
                try await other.alone { _ = Issue.record("Two at once.") }
                Issue.record("It was let in.")
            } catch let fault as Fault {
                #expect(fault.code == "keys.change_running")
            }
            #expect(try String(contentsOfFile: one.next, encoding: .utf8) == made)
        }
        // The first has ended, by whatever way: the next one takes up what is left.
        await #expect(throws: CancellationError.self) { try await other.alone { throw CancellationError() } }
        _ = try await other.alone { try other.prepare() }
    }
}
