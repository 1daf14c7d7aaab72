import Fixtures
import Foundation
import Identity
import Logging
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("What has expired")
struct SweepTests {
    private static let tables = ["session", "application_session", "handover_code", "single_use_link", "device"]

    private static func counts(_ gateway: Gateway) async throws -> [Int64] {
        try await gateway.store.read { sql in
            try tables.map { try sql.queryOne("SELECT count(*) FROM \($0)", [])?.integer(0) ?? -1 }
        }
    }

    /// One of everything, as a login, a hand-over and a link leave it; the session ends early where that is asked.
    private static func fill(
        _ gateway: Gateway, _ person: PersonID, in tenant: TenantID, ended: Bool
    ) async throws -> (code: BearerToken, application: ApplicationID) {
        let (session, child) = (try Randomness.token(.session), try Randomness.token(.applicationSession))
        let (code, link, device) = (
            try Randomness.token(.handOver), try Randomness.token(.link), try Randomness.token(.device)
        )
        let now = gateway.clock()
        let application = ApplicationID.random(at: now)
        let parent = Session(
            id: .random(at: now), tenant: tenant, person: person, events: [], provider: nil, createdAt: now,
            lifetime: .standard, secretHash: session.hash)
        try await gateway.store.write(.login) { tx in
            try tx.sql.insert(parent)
            try tx.sql.insert(
                ApplicationSession(
                    id: .random(at: now), tenant: tenant, parent: parent.id, application: application,
                    tokenHash: child.hash, createdAt: now, lifetime: .standard))
            try tx.sql.insertHandOver(
                HandOverCode(
                    hash: code.hash, tenant: tenant, session: parent.id, application: application,
                    returnTarget: "/inbox?secret=querystring", createdAt: now, expiresAt: now + .seconds(60)))
            try tx.sql.insert(
                SingleUseLink(
                    id: .random(at: now), tenant: tenant, purpose: .passwordReset, tokenHash: link.hash, person: person,
                    createdBy: .system("test"), createdAt: now, expiresAt: now + .hours(1)))
            try tx.sql.insertDevice(
                .random(at: now), of: person, in: tenant, secretHash: device.hash, expiresAt: now + .days(30), at: now)
            if ended { _ = try tx.sql.end(parent.id, in: tenant, .logout, at: now) }
        }
        return (code, application)
    }

    @Test("Sessions, application sessions, hand-over codes, links and devices go when their time is over, not before")
    func sweep() async throws {
        let (bench, clock) = (try ConfigurationBench(), MovedClock(Timestamp(seconds: 1_790_000_000)))
        defer { bench.remove() }
        let gateway = try await Gateway.open(
            try bench.configuration("providers: [{ id: local, type: local }]"),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), clock: clock.now)
        let tenant = try #require(gateway.tenants.defaultTenant?.id)
        let caller = Caller(tenant: tenant, actor: .operatingSystemUser(0), command: .random(at: clock.value))
        var edit = PersonEdit()
        edit.login = "ada"
        let person = try await gateway.people.create(edit, by: caller).id
        // More than one turn at the writer removes.
        for number in 0..<205 { _ = try await Self.fill(gateway, person, in: tenant, ended: number % 2 == 0) }
        let housekeeping = Housekeeping(gateway)
        try await housekeeping.sweep()
        #expect(try await Self.counts(gateway) == [205, 205, 205, 205, 205])
        clock.advance(.seconds(61))
        try await housekeeping.sweep()
        #expect(try await Self.counts(gateway) == [205, 205, 0, 205, 205])
        clock.advance(.hours(1))
        try await housekeeping.sweep()
        #expect(try await Self.counts(gateway) == [205, 205, 0, 0, 205])
        clock.advance(.hours(12))
        try await housekeeping.sweep()
        #expect(try await Self.counts(gateway) == [0, 0, 0, 0, 205])
        clock.advance(.days(30))
        try await housekeeping.sweep()
        #expect(try await Self.counts(gateway) == [0, 0, 0, 0, 0])
        try await gateway.close()
    }

    @Test("Where a hand-over code led is forgotten when it is used, and a wrong application leaves it")
    func returnTarget() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run { gateway, caller in
            var edit = PersonEdit()
            edit.login = "ada"
            let person = try await gateway.people.create(edit, by: caller).id
            let (code, application) = try await Self.fill(gateway, person, in: caller.tenant, ended: false)
            func targets() async throws -> [String] {
                try await gateway.store.read {
                    try $0.query("SELECT return_target FROM handover_code", []).map { try $0.text(0) }
                }
            }
            let wrong = try await gateway.store.write(.login) { tx in
                try tx.sql.redeemHandOver(code.hash, application: .random(at: tx.now), at: tx.now)?.returnTarget
            }
            #expect(wrong == nil)
            #expect(try await targets() == ["/inbox?secret=querystring"])
            let right = try await gateway.store.write(.login) { tx in
                try tx.sql.redeemHandOver(code.hash, application: application, at: tx.now)?.returnTarget
            }
            #expect(right == "/inbox?secret=querystring")
            #expect(try await targets() == [""])
            let again = try await gateway.store.write(.login) { tx in
                try tx.sql.redeemHandOver(code.hash, application: application, at: tx.now)?.returnTarget
            }
            #expect(again == nil)
        }
    }
}
