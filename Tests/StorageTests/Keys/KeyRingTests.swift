import Foundation
import Storage
import Testing
import Vocabulary

@Suite("Keys: one envelope, bound to purpose, tenant and context")
struct KeyRingTests {
    private let secret = [UInt8]("JBSWY3DPEHPK3PXP".utf8)

    // S4-72.
    @Test func whatIsSealedOpensThereAndNowhereElse() async throws {
        let bench = try Bench()
        let keys = try await bench.open().keys
        let sealed = try keys.seal(secret, purpose: .credential, tenant: bench.tenant, context: [1])
        #expect(try keys.open(sealed, purpose: .credential, tenant: bench.tenant, context: [1]) == secret)
        let other = TenantID.random(at: Bench.start)
        #expect(
            await fault { _ = try keys.open(sealed, purpose: .record, tenant: bench.tenant, context: [1]) }
                == "keys.refused")
        #expect(
            await fault { _ = try keys.open(sealed, purpose: .credential, tenant: other, context: [1]) }
                == "keys.refused")
        #expect(
            await fault { _ = try keys.open(sealed, purpose: .credential, tenant: bench.tenant, context: [2]) }
                == "keys.refused")
        for index in sealed.indices {
            var flipped = sealed
            flipped[index] ^= 1
            #expect(
                await fault { _ = try keys.open(flipped, purpose: .credential, tenant: bench.tenant, context: [1]) }
                    != nil)
        }
        for count in 0..<sealed.count {
            let cut = Array(sealed[..<count])
            #expect(
                await fault { _ = try keys.open(cut, purpose: .credential, tenant: bench.tenant, context: [1]) } != nil)
        }
    }

    @Test func twoSealingsDiffer() async throws {
        let bench = try Bench()
        let keys = try await bench.open().keys
        let seal = { try keys.seal([1], purpose: .record, tenant: bench.tenant, context: []) }
        #expect(try seal() != seal())
    }

    @Test func codesAreBoundToPurposeAndTenant() async throws {
        let bench = try Bench()
        let keys = try await bench.open().keys
        let mac = try keys.mac(secret, purpose: .digest, tenant: bench.tenant)
        #expect(keys.verify(mac, over: secret, purpose: .digest, tenant: bench.tenant))
        #expect(keys.verify(try #require(MAC(bytes: mac.bytes)), over: secret, purpose: .digest, tenant: bench.tenant))
        #expect(!keys.verify(mac, over: secret + [0], purpose: .digest, tenant: bench.tenant))
        #expect(!keys.verify(mac, over: secret, purpose: .requestBinding, tenant: bench.tenant))
        #expect(!keys.verify(mac, over: secret, purpose: .digest, tenant: TenantID.random(at: Bench.start)))
        #expect(MAC(bytes: Array(mac.bytes.dropLast())) == nil)
    }

    @Test func rotationKeepsOldValuesReadable() async throws {
        let bench = try Bench()
        var store = try await bench.open()
        let sealed = try store.keys.seal(secret, purpose: .credential, tenant: bench.tenant, context: [])
        let pepper = store.keys.secret(.passwordPepper, tenant: bench.tenant)
        let made = try await store.rotateKey(.credential, bench.context())
        try await store.rotateKey(.headSigning, bench.context())
        #expect(store.keys.secret(.credential, tenant: bench.tenant).id == made)
        #expect(store.keys.publishedKeys(bench.tenant).count == 2)
        let newer = try store.keys.seal(secret, purpose: .credential, tenant: bench.tenant, context: [])
        try await store.close()
        store = try await bench.open()
        for value in [sealed, newer] {
            #expect(try store.keys.open(value, purpose: .credential, tenant: bench.tenant, context: []) == secret)
        }
        #expect(store.keys.secret(.credential, tenant: bench.tenant).id == made)
        #expect(store.keys.publishedKeys(bench.tenant).count == 2)
        #expect(store.keys.secret(.passwordPepper, tenant: bench.tenant).id == pepper.id)
        #expect(
            try store.keys.secret(pepper.id, .passwordPepper, tenant: bench.tenant).reveal() == pepper.secret.reveal())
        #expect(
            await fault { _ = try store.keys.secret(pepper.id, .credential, tenant: bench.tenant) } == "keys.refused")
        #expect(
            await fault { _ = try store.keys.secret(KeyID(high: 1, low: 1), .credential, tenant: bench.tenant) }
                == "keys.unknown")
        #expect(try await store.events(of: bench.tenant).map(\.envelope.type) == ["key.rotated", "key.rotated"])
    }

    @Test func aRotationThatFailsIsNotInForce() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let present = store.keys.secret(.credential, tenant: bench.tenant).id
        var invalid = bench.context()
        invalid.trace = String(repeating: "x", count: 65)
        let context = invalid
        #expect(await fault { try await store.rotateKey(.credential, context) } == "journal.invalid")
        #expect(store.keys.secret(.credential, tenant: bench.tenant).id == present)
    }

    @Test func aWrongMasterKeyStopsTheStart() async throws {
        let bench = try Bench()
        let other = MasterKey.generate()
        try await bench.open().close()
        #expect(await fault { _ = try await bench.open(master: other) } == "keys.wrong_master")
        try await bench.open().close()
    }

    @Test func aDeletedCanaryAdmitsNobody() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        try await store.write(.login) { transaction in
            try transaction.append(bench.event(bench.person()))
            try transaction.sql.execute("DELETE FROM key_canary")
        }
        try await store.close()
        #expect(await fault { _ = try await bench.open(master: MasterKey.generate()) } == "keys.wrong_master")
    }

    @Test func afterRewrappingOnlyTheNewMasterKeyOpens() async throws {
        let bench = try Bench()
        var store = try await bench.open()
        let sealed = try store.keys.seal(secret, purpose: .record, tenant: bench.tenant, context: [])
        let new = MasterKey.generate()
        try await store.rewrapKeys(under: new, bench.context())
        try await store.close()
        #expect(await fault { _ = try await bench.open() } == "keys.wrong_master")
        store = try await bench.open(master: new)
        #expect(try store.keys.open(sealed, purpose: .record, tenant: bench.tenant, context: []) == secret)
        #expect(
            await fault {
                _ = try await store.write(.login) { try $0.append(bench.event(bench.person(), secret: "x")) }
            } == nil)
    }

    // Whatever else is in the transaction, it opens under the master key that is in force once it commits.
    @Test func whatIsMadeBesideARewrappingOpensUnderTheNewMasterKey() async throws {
        let bench = try Bench()
        var store = try await bench.open()
        let new = MasterKey.generate()
        let other = TenantID.random(at: Bench.start)
        var foreign = bench.context()
        foreign.tenant = other
        let context = foreign
        let sealed = try await withThrowingTaskGroup(of: Void.self, returning: [[UInt8]].self) { [store] group in
            group.addTask { try await store.rotateKey(.record, bench.context()) }
            group.addTask { try await store.rewrapKeys(under: new, bench.context()) }
            group.addTask { try await store.rotateKey(.credential, bench.context()) }
            group.addTask { try await store.rotateKey(.record, context) }
            try await group.waitForAll()
            return try [
                store.keys.seal(secret, purpose: .record, tenant: bench.tenant, context: []),
                store.keys.seal(secret, purpose: .credential, tenant: bench.tenant, context: []),
                store.keys.seal(secret, purpose: .record, tenant: other, context: []),
            ]
        }
        #expect(store.keys.isMaster(new) && !store.keys.isMaster(bench.master))
        try await store.close()
        #expect(await fault { _ = try await bench.open() } == "keys.wrong_master")
        store = try await bench.open(master: new)
        #expect(try store.keys.open(sealed[0], purpose: .record, tenant: bench.tenant, context: []) == secret)
        #expect(try store.keys.open(sealed[1], purpose: .credential, tenant: bench.tenant, context: []) == secret)
        #expect(try store.keys.open(sealed[2], purpose: .record, tenant: other, context: []) == secret)
    }

    @Test func aTenantKeyUsedBeforeItWasStoredIsTheSameAfterwards() async throws {
        let bench = try Bench()
        var store = try await bench.open()
        let sealed = try store.keys.seal(secret, purpose: .record, tenant: bench.tenant, context: [])
        _ = await fault { try await store.write(.login) { _ in throw Fault("test.refused", .caller, "no") } }
        try await store.close()
        store = try await bench.open()
        #expect(try store.keys.open(sealed, purpose: .record, tenant: bench.tenant, context: []) == secret)
    }

    @Test func theMasterKeyIsInNoFileAndNoDescription() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        try await store.write(.login) { _ = try $0.append(bench.event(bench.person(), secret: "x")) }
        let bytes = try bench.bytes()
        #expect(bytes.range(of: Data([UInt8](repeating: 7, count: 32))) == nil)
        #expect("\(bench.master)" == "‹secret›" && !"\(String(reflecting: bench.master))".contains("7, 7"))
    }
}

@Suite("The master key's file, and the way back to it")
struct MasterKeyTests {
    @Test func theFileRoundTripsAndMustBeOwnersOnly() async throws {
        let path = NSTemporaryDirectory() + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let key = MasterKey.generate()
        #expect(await fault { _ = try MasterKey(file: path) } == "keys.master_missing")
        try key.write(to: path)
        #expect(try MasterKey(file: path).hexadecimal == key.hexadecimal)
        #expect(await fault { try key.write(to: path) } == "storage.file")
        for mode in [0o640, 0o604, 0o644, 0o700] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            #expect(await fault { _ = try MasterKey(file: path) } == "keys.master_exposed")
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
        #expect(try MasterKey(file: path).hexadecimal == key.hexadecimal)
    }

    @Test(arguments: [
        "", "00", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
        String(repeating: "g", count: 64),
    ])
    func otherTextsAreRefused(text: String) async {
        #expect(await fault { _ = try MasterKey(hexadecimal: text) } == "keys.master_malformed")
    }

    @Test func theRecoveryCodeBringsItBack() async throws {
        let master = MasterKey.generate()
        let recovery = try RecoveryKey.make(for: master)
        let code = recovery.code.reveal()
        #expect(code.split(separator: "-").map(\.count) == [Int](repeating: 4, count: 14))
        #expect(try RecoveryKey.open(code: recovery.code, sealed: recovery.sealed).hexadecimal == master.hexadecimal)
        let spoken = SecretText(code.lowercased().replacingOccurrences(of: "-", with: " "))
        #expect(try RecoveryKey.open(code: spoken, sealed: recovery.sealed).hexadecimal == master.hexadecimal)
    }

    @Test func aMistypedCodeAndAForeignFileAreRefused() async throws {
        let (mine, other) = (try RecoveryKey.make(for: .generate()), try RecoveryKey.make(for: .generate()))
        #expect(await fault { _ = try RecoveryKey.open(code: mine.code, sealed: other.sealed) } == "keys.refused")
        #expect(
            await fault { _ = try RecoveryKey.open(code: mine.code, sealed: Array(mine.sealed.dropLast())) }
                == "keys.refused")
        var code = mine.code.reveal()
        let first = code.removeFirst()
        for wrong in [String(first == "A" ? "B" : "A") + code, code, "0" + code, String(first) + code + "A"] {
            #expect(
                await fault { _ = try RecoveryKey.open(code: SecretText(wrong), sealed: mine.sealed) }
                    == "keys.recovery_mistyped")
        }
    }
}
