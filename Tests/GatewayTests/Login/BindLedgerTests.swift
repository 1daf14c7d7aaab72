import Foundation
import Identity
import Providers
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// At most so many binds for one account in a window, however they are tried.
@Suite struct BindLedgerTests {
    /// A store in a folder of its own that can be closed and opened again.
    private final class Ground: Sendable {
        let folder = NSTemporaryDirectory() + "binds-\(UUID().uuidString)"
        let master: MasterKey
        let tenant = TenantID(high: 1, low: 1)
        let clock = LoginBench.Box(LoginBench.start)

        init() throws { master = try MasterKey(bytes: [UInt8](repeating: 7, count: 32)) }
        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func open() async throws -> Store {
            let clock = clock
            let store = try await Store.open(
                StoreConfiguration(directory: folder, node: NodeID(high: 2, low: 2)), masterKey: master
            ) { clock.current }
            let tenant = tenant
            try await store.write(.administration) { tx in
                guard try tx.sql.queryOne("SELECT 1 FROM tenant", []) == nil else { return }
                try tx.sql.insert(Tenant(id: tenant, slug: "main", name: "Example"), managedBy: .api, at: tx.now)
            }
            return store
        }

        func ledger(_ store: Store, _ flights: InFlightBinds, limit: Int = 3) -> BindLedger {
            let directory = UpstreamDirectory(bindLimit: limit, bindWindow: .minutes(15), createsPeople: false) {
                _, _, _ in .unavailable
            }
            let tenant = tenant
            return BindLedger(directory, limit: limit, store, tenant, flights) { account in
                try store.keys.mac(Array(account.utf8), purpose: .digest, tenant: tenant).tag
            }
        }
    }

    @Test func `tries at once share one budget`() async throws {
        let ground = try Ground()
        let (store, flights) = (try await ground.open(), InFlightBinds())
        let admitted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 {
                let ledger = ground.ledger(store, flights)
                group.addTask { try await ledger.admission.admit("key:ada") == nil }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(admitted == 3)
        #expect(try await ground.ledger(store, flights).admission.admit("key:bob") == nil, "another's is untouched")
        try await store.close()
    }

    @Test func `a restart gives nothing back, and a window without a bind does`() async throws {
        let ground = try Ground()
        let first = try await ground.open()
        for _ in 0..<3 { #expect(try await ground.ledger(first, InFlightBinds()).admission.admit("key:ada") == nil) }
        try await first.close()
        let second = try await ground.open()
        ground.clock.current = ground.clock.current + .minutes(14)
        let wait = try await ground.ledger(second, InFlightBinds()).admission.admit("key:ada")
        #expect(wait == .minutes(1))
        ground.clock.current = ground.clock.current + .minutes(1)
        #expect(try await ground.ledger(second, InFlightBinds()).admission.admit("key:ada") == nil)
        try await second.close()
    }

    @Test func `a bind that was not sent is given back`() async throws {
        let ground = try Ground()
        let (store, flights) = (try await ground.open(), InFlightBinds())
        for _ in 0..<9 {
            let admission = ground.ledger(store, flights).admission
            #expect(try await admission.admit("key:ada") == nil)
            try await admission.withdraw("key:ada")
        }
        try await store.close()
    }

    // The directory sets its count back at a success; what arrives there later counts again.
    @Test func `a success forgets failures, but not the binds that are still on their way`() async throws {
        let ground = try Ground()
        let (store, flights) = (try await ground.open(), InFlightBinds())
        let (early, right) = (ground.ledger(store, flights), ground.ledger(store, flights))
        #expect(try await early.admission.admit("key:ada") == nil)
        #expect(try await right.admission.admit("key:ada") == nil)
        right.admission.accepted("key:ada")
        let late = ground.ledger(store, flights)
        #expect(try await late.admission.admit("key:ada") == nil)
        try await store.write(.login) { try right.succeeded($0) }
        // Early and late may both be wrong and arrive after the success: one is left.
        #expect(try await ground.ledger(store, flights).admission.admit("key:ada") == nil)
        #expect(try await ground.ledger(store, flights).admission.admit("key:ada") != nil)
        withExtendedLifetime((early, late)) {}
        try await store.close()
    }

    private func prepare(_ account: String, _ ledger: BindLedger, _ store: Store) async throws {
        try await store.write(.login) { try ledger.prepare(account, $0) }
    }

    @Test func `a bind prepared for the account that the directory names is that bind, once`() async throws {
        let ground = try Ground()
        let (store, flights) = (try await ground.open(), InFlightBinds())
        for _ in 0..<3 {
            let ledger = ground.ledger(store, flights)
            try await prepare("key:ada", ledger, store)
            #expect(try await ledger.admission.admit("key:ada") == nil)
            #expect(!ledger.admission.takePrepared("key:ada"))
            try await ledger.giveBackPrepared()
        }
        #expect(try await ground.ledger(store, flights).admission.admit("key:ada") != nil, "three were taken")
        try await store.close()
    }

    @Test func `a bind prepared for another account is given back, and the right one is counted`() async throws {
        let ground = try Ground()
        let (store, flights) = (try await ground.open(), InFlightBinds())
        for _ in 0..<3 {
            let ledger = ground.ledger(store, flights)
            try await prepare("key:bob", ledger, store)
            #expect(!ledger.admission.takePrepared("key:ada"))
            #expect(try await ledger.admission.admit("key:ada") == nil)
            try await ledger.giveBackPrepared()
        }
        #expect(try await ground.ledger(store, flights).admission.admit("key:ada") != nil)
        for _ in 0..<3 { #expect(try await ground.ledger(store, flights).admission.admit("key:bob") == nil) }
        try await store.close()
    }

    @Test func `where no bind is left none is prepared, and a restart gives none back`() async throws {
        let ground = try Ground()
        let first = try await ground.open()
        for _ in 0..<3 { try await prepare("key:ada", ground.ledger(first, InFlightBinds()), first) }
        try await first.close()
        let (store, flights) = (try await ground.open(), InFlightBinds())
        let ledger = ground.ledger(store, flights)
        try await prepare("key:ada", ledger, store)
        #expect(!ledger.admission.takePrepared("key:ada"))
        #expect(try await ledger.admission.admit("key:ada") != nil)
        try await store.close()
    }

    @Test func `a success after somebody else's try leaves that one counted`() async throws {
        let ground = try Ground()
        let (store, flights) = (try await ground.open(), InFlightBinds())
        let (right, other) = (ground.ledger(store, flights), ground.ledger(store, flights))
        try await prepare("key:ada", right, store)
        #expect(right.admission.takePrepared("key:ada"))
        right.admission.accepted("key:ada")
        #expect(try await other.admission.admit("key:ada") == nil)
        try await store.write(.login) { try right.succeeded($0) }
        for _ in 0..<2 { #expect(try await ground.ledger(store, flights).admission.admit("key:ada") == nil) }
        #expect(try await ground.ledger(store, flights).admission.admit("key:ada") != nil)
        withExtendedLifetime(other) {}
        try await store.close()
    }

    @Test func `a success with nothing else on its way forgets everything`() async throws {
        let ground = try Ground()
        let (store, flights) = (try await ground.open(), InFlightBinds())
        for _ in 0..<5 {
            for _ in 0..<2 { #expect(try await ground.ledger(store, flights).admission.admit("key:ada") == nil) }
            let right = ground.ledger(store, flights)
            #expect(try await right.admission.admit("key:ada") == nil)
            right.admission.accepted("key:ada")
            try await store.write(.login) { try right.succeeded($0) }
        }
        try await store.close()
    }
}
