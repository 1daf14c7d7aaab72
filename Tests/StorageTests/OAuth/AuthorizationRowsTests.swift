import Identity
import Storage
import Testing
import Vocabulary

@Suite("What clients are granted, and what works once")
struct AuthorizationRowsTests {
    private struct Stage {
        let bench: Bench
        let store: Store
        let client = ClientID.random(at: Bench.start)
        let grant = AuthorizationGrantID.random(at: Bench.start)
        var tenant: TenantID { bench.tenant }

        init() async throws {
            bench = try Bench()
            store = try await bench.open()
            try await begin()
        }

        private func begin() async throws {
            let (tenant, client, grant) = (tenant, client, grant)
            try await store.write(.administration) { (tx) throws in
                try tx.sql.insert(
                    Tenant(id: tenant, slug: "default", name: "Default"), managedBy: .configuration, at: tx.now)
                #expect(
                    try tx.sql.insert(
                        StoredClient(
                            id: client, tenant: tenant, name: "grafana", record: "{}", managedBy: .api,
                            createdAt: tx.now)))
                try tx.sql.insert(
                    StoredGrant(
                        id: grant, tenant: tenant, client: client, person: nil, session: nil, record: "{}",
                        createdAt: tx.now, expiresAt: tx.now + .days(30)))
            }
        }
    }

    private static func hash(_ byte: UInt8, _ kind: TokenKind) -> TokenHash {
        TokenHash(of: [UInt8](repeating: byte, count: 32), kind: kind)
    }

    @Test("of fifty redemptions of one code one takes it, the others are replays, and so it is after a restart")
    func codes() async throws {
        let stage = try await Stage()
        let (tenant, grant, code) = (stage.tenant, stage.grant, Self.hash(1, .authorizationCode))
        try await stage.store.write(.login) { (tx) throws in
            try tx.sql.insertCode(code, of: grant, record: "{\"c\":1}", until: tx.now + .seconds(60))
        }
        let outcomes = try await withThrowingTaskGroup(of: SingleUse.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await stage.store.write(.login) { try $0.sql.takeCode(code, in: tenant, at: $0.now) }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == .taken(grant, record: "{\"c\":1}") } == 1)
        #expect(outcomes.count { $0 == .replayed(grant) } == 49)
        try await stage.store.close()
        let again = try await stage.bench.open()
        let late = try await again.write(.login) { try $0.sql.takeCode(code, in: tenant, at: $0.now) }
        #expect(late == .replayed(grant))
        try await again.close()
    }

    @Test("a refresh token is taken once, and one of another tenant, expired or unknown is nobody's")
    func refreshTokens() async throws {
        let stage = try await Stage()
        let (tenant, grant, other) = (stage.tenant, stage.grant, TenantID.random(at: Bench.start))
        let (token, old) = (Self.hash(1, .refreshToken), Self.hash(2, .refreshToken))
        let found = try await stage.store.write(.login) { (tx) throws in
            try tx.sql.insertRefreshToken(token, of: grant, at: tx.now, until: tx.now + .days(1))
            try tx.sql.insertRefreshToken(old, of: grant, at: tx.now, until: tx.now)
            return try [
                tx.sql.takeRefreshToken(token, in: other, at: tx.now),
                tx.sql.takeRefreshToken(token, in: tenant, at: tx.now),
                tx.sql.takeRefreshToken(token, in: tenant, at: tx.now),
                tx.sql.takeRefreshToken(old, in: tenant, at: tx.now),
                tx.sql.takeRefreshToken(Self.hash(1, .authorizationCode), in: tenant, at: tx.now),
            ]
        }
        #expect(found == [.unknown, .taken(grant, record: ""), .replayed(grant), .unknown, .unknown])
        let kept = try await stage.store.read { try $0.refreshToken(token, in: tenant) }
        #expect(kept?.grant == grant && kept?.wasUsed == true)
        #expect(try await stage.store.read { try $0.refreshToken(token, in: other) } == nil)
        try await stage.store.close()
    }

    @Test("a grant ends once, with its reason, and is found neither afterwards nor by another tenant")
    func grants() async throws {
        let stage = try await Stage()
        let (tenant, grant, client) = (stage.tenant, stage.grant, stage.client)
        try await stage.store.write(.revocation) { (tx) throws in
            let other = TenantID.random(at: Bench.start)
            #expect(try !tx.sql.end(grant, in: other, .revoked, at: tx.now))
            #expect(try tx.sql.liveGrants(of: .client(client), in: tenant, at: tx.now).map(\.id) == [grant])
            #expect(try tx.sql.liveGrants(of: .client(client), in: other, at: tx.now).isEmpty)
            #expect(try tx.sql.liveGrant(grant, in: tenant, at: tx.now + .days(30)) == nil)
            #expect(try tx.sql.end(grant, in: tenant, .replayed, at: tx.now))
            #expect(try !tx.sql.end(grant, in: tenant, .revoked, at: tx.now))
            #expect(try tx.sql.liveGrants(at: tx.now).isEmpty)
            #expect(try tx.sql.liveGrant(grant, in: tenant, at: tx.now) == nil)
        }
        try await stage.store.close()
    }

    @Test("what was presented once is not taken again until it has expired, and tenants do not know of each other's")
    func once() async throws {
        let stage = try await Stage()
        let tenant = stage.tenant
        try await stage.store.write(.login) { (tx) throws in
            func note(_ kind: OnceKind, _ tenant: TenantID, _ now: Timestamp) throws -> Bool {
                try tx.sql.noteOnce(kind, [1, 2, 3], in: tenant, at: now, until: now + .seconds(60))
            }
            #expect(try note(.dpopProof, tenant, tx.now))
            #expect(try !note(.dpopProof, tenant, tx.now))
            #expect(try note(.clientAssertion, tenant, tx.now))
            #expect(try note(.dpopProof, TenantID.random(at: Bench.start), tx.now))
            #expect(try !note(.dpopProof, tenant, tx.now + .seconds(59)))
            #expect(try note(.dpopProof, tenant, tx.now + .seconds(60)))
            #expect(try tx.sql.noted(.clientAssertion, at: tx.now).map(\.digest) == [[1, 2, 3]])
        }
        try await stage.store.close()
    }

    @Test("a device is decided once by its user code, and its own code is taken once after a yes")
    func devices() async throws {
        let stage = try await Stage()
        let (tenant, grant, client) = (stage.tenant, stage.grant, stage.client)
        let code = Self.hash(1, .deviceCode)
        try await stage.store.write(.login) { (tx) throws in
            let device = StoredDevice(tenant: tenant, client: client, record: "{}", expiresAt: tx.now + .minutes(10))
            #expect(try tx.sql.insert(device, code: code, userCode: [7]))
            #expect(try !tx.sql.insert(device, code: Self.hash(2, .deviceCode), userCode: [7]))
            #expect(try !tx.sql.takeDevice(code))
            #expect(try tx.sql.waitingDevice(userCode: [7], in: tenant, at: tx.now) == device)
            #expect(try tx.sql.waitingDevice(userCode: [7], in: tenant, at: device.expiresAt) == nil)
            #expect(try !tx.sql.decideDevice(userCode: [7], in: tenant, grant, at: device.expiresAt))
            #expect(try tx.sql.decideDevice(userCode: [7], in: tenant, grant, at: tx.now))
            #expect(try !tx.sql.decideDevice(userCode: [7], in: tenant, nil, at: tx.now))
            #expect(try tx.sql.device(code, in: tenant)?.state == .approved)
            #expect(try tx.sql.takeDevice(code))
            #expect(try !tx.sql.takeDevice(code))
        }
        try await stage.store.close()
    }

    @Test("a request belongs to its browser, and is used once")
    func requests() async throws {
        let stage = try await Stage()
        let (tenant, client) = (stage.tenant, stage.client)
        let (hash, browser) = (Self.hash(1, .requestURI), Self.hash(2, .preSession))
        try await stage.store.write(.login) { (tx) throws in
            try tx.sql.insert(
                hash, into: .ofClients, of: client, in: tenant, browser: browser, sealed: [9], at: tx.now,
                until: tx.now + .minutes(5))
            func find(_ browser: TokenHash?, _ now: Timestamp) throws -> [UInt8]? {
                try tx.sql.find(hash, among: .ofClients, in: tenant, browser: browser, at: now)?.sealed
            }
            #expect(try find(browser, tx.now) == [9])
            #expect(try find(nil, tx.now) == nil)
            #expect(try find(hash, tx.now) == nil)
            #expect(try find(browser, tx.now + .minutes(5)) == nil)
            #expect(try tx.sql.use(hash, among: .ofClients, in: tenant, at: tx.now))
            #expect(try !tx.sql.use(hash, among: .ofClients, in: tenant, at: tx.now))
            #expect(try find(browser, tx.now) == nil)
        }
        try await stage.store.close()
    }

    @Test("a key that signs tokens loses its private half when it retires, and only then may be forgotten")
    func tokenKeys() async throws {
        let stage = try await Stage()
        let tenant = stage.tenant
        let id = KeyID.random(at: Bench.start)
        try await stage.store.write(.administration) { (tx) throws in
            try tx.sql.insert(
                StoredTokenKey(
                    id: id, tenant: tenant, algorithm: "ES256", state: .next, sealed: [1], publicKey: "{}",
                    createdAt: tx.now, changedAt: tx.now))
            #expect(try !tx.sql.move(tokenKey: id, in: tenant, from: .active, to: .retiring, at: tx.now))
            #expect(try tx.sql.move(tokenKey: id, in: tenant, from: .next, to: .active, at: tx.now))
            #expect(try tx.sql.tokenKeys().first?.sealed == [1])
            #expect(try !tx.sql.deleteTokenKey(id, in: tenant))
            #expect(try tx.sql.move(tokenKey: id, in: tenant, from: .active, to: .retiring, at: tx.now))
            #expect(try tx.sql.tokenKeys().first?.sealed == nil)
            #expect(try tx.sql.deleteTokenKey(id, in: tenant))
        }
        try await stage.store.close()
    }
}
