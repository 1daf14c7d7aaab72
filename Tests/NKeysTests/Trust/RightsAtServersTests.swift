import Fixtures
import Foundation
import NKeys
import Testing

let realServers: [String] = NatsServer.executables

@Suite(
    "Rights as real servers take them",
    .enabled(if: !realServers.isEmpty, "SKIPPED: without nats-server nobody judges"))
struct RightsAtServersTests {
    private let now = Int64(Date().timeIntervalSince1970)

    @Test("A user publishes and subscribes to what its token allows, and to nothing else", arguments: realServers)
    func subjects(server: String) async throws {
        let scene = try Scene(now: now)
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        let rights = SubjectRights(
            publish: .only(["orders.>"], deny: ["orders.secret"]),
            subscribe: .only(["orders.*", "jobs.* workers"]).closed())
        let client = try judge.connection(scene.user(UserRights(rights)))
        #expect(try client.subscribe("orders.*") == [])
        #expect(try client.subscribe("jobs.one", queue: "workers") == [])
        #expect(try client.publish("orders.new", "seven") == [])
        #expect(try client.payload() == "seven")
        #expect(try client.publish("orders.secret").first?.contains("Permissions Violation for Publish") ?? false)
        #expect(try client.publish("other").first?.contains("Permissions Violation for Publish") ?? false)
        #expect(try client.subscribe("jobs.one").first?.contains("Permissions Violation for Subscription") ?? false)
        #expect(try client.subscribe("other").first?.contains("Permissions Violation for Subscription") ?? false)
    }

    @Test("A last * lets more be heard than it says, until what is below is denied", arguments: realServers)
    func lastStar(server: String) async throws {
        let scene = try Scene(now: now)
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        let speaker = try judge.connection(scene.user())
        let open = SubjectPermissions.only(["orders.*"])
        #expect(try SubjectRights(subscribe: open).warnings == 1)
        #expect(try SubjectRights(subscribe: open.closed()).warnings == 0)
        for (permissions, heard) in [(open, "deep"), (open.closed(), nil)] {
            let client = try judge.connection(scene.user(UserRights(SubjectRights(subscribe: permissions))))
            _ = try client.subscribe("orders.>")
            _ = try speaker.publish("orders.a.b", "deep")
            #expect(try client.payload(within: .milliseconds(200)) == heard)
        }
        let plain = try judge.connection(scene.user(UserRights(SubjectRights(subscribe: open.closed()))))
        #expect(try plain.subscribe("orders.*") == [])
        _ = try speaker.publish("orders.a", "flat")
        #expect(try plain.payload() == "flat")
    }

    @Test("Nothing allowed is nothing, beside leave to answer too", arguments: realServers)
    func responses(server: String) async throws {
        let scene = try Scene(now: now)
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        let asker = try judge.connection(scene.user())
        // Beside `responses`, servers take everything allowed for nothing allowed.
        for (publish, inbox) in [(SubjectPermissions.nothing, "_INBOX.a"), (.everything, "_INBOX.b")] {
            let rights = SubjectRights(publish: publish, subscribe: .only(["ask"]), responses: ResponsePermission())
            let service = try judge.connection(scene.user(UserRights(rights)))
            #expect(try service.subscribe("ask") == [])
            _ = try asker.subscribe(inbox)
            _ = try asker.publish("ask", "?", reply: inbox)
            guard case .message(_, let reply?, "?")? = try service.next(within: .seconds(2)) else {
                Issue.record("The question did not come.")
                return
            }
            #expect(try service.publish(reply, "!") == [])
            #expect(try asker.payload() == "!")
            #expect(try service.publish(reply, "again").first?.contains("Permissions Violation") ?? false)
            #expect(try service.publish("elsewhere").first?.contains("Permissions Violation") ?? false)
            #expect(try asker.payload(within: .milliseconds(50)) == nil)
        }
    }

    @Test("Subjects of the account are for users whose tokens name none", arguments: realServers)
    func defaults(server: String) async throws {
        var scene = try Scene(now: now)
        scene.accountClaims.defaultRights = SubjectRights(publish: .only(["common"]), subscribe: .nothing)
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        let plain = try scene.user()
        #expect(try scene.trusted().user(plain.token, now: now).rights.subjects == scene.accountClaims.defaultRights)
        let client = try judge.connection(plain)
        #expect(try client.publish("common") == [])
        #expect(try client.publish("other") != [])
        #expect(try client.subscribe("common") != [])
        let own = try judge.connection(scene.user(UserRights(SubjectRights(publish: .only(["own"])))))
        #expect(try own.publish("own") == [])
        #expect(try own.publish("common") != [])
    }

    @Test("Limits hold, and one left out allows nothing", arguments: realServers)
    func limits(server: String) async throws {
        let scene = try Scene(now: now)
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        var rights = UserRights(SubjectRights(), subscriptions: 1, payload: 4)
        let client = try judge.connection(scene.user(rights))
        #expect(try client.subscribe("a") == [])
        #expect(try client.subscribe("b").first?.contains("maximum subscriptions exceeded") ?? false)
        #expect(try client.publish("a", "four") == [])
        #expect(try client.payload() == "four")
        #expect(try client.publish("a", "five!").first?.contains("Maximum Payload Violation") ?? false)

        // What we write says all limits; this one says none.
        let pair = try NKeyPair.generate(.user)
        let bare = try forge(
            claims:
                #"{"iat":\#(now),"iss":"\#(scene.accountPair.publicKey)","sub":"\#(pair.publicKey)","nats":{"type":"user","version":2}}"#,
            by: scene.accountPair)
        let read = try NATSToken(bare)
        guard case .user(let said) = read.claims else { return }
        #expect(said.rights.payload == .nothing)
        #expect(said.rights.subscriptions == .nothing)
        // No subscription allowed: the server says so, and ends the connection by itself.
        let poor = try NatsConnection(port: judge.server.port)
        let answer = try poor.signIn(token: bare) { try pair.sign($0) } ?? poor.complaint()
        #expect(answer == "maximum subscriptions exceeded")

        rights.subscriptions = .unlimited
        rights.payload = .nothing
        rights.data = .nothing
        let zero = try judge.connection(scene.user(rights))
        #expect(try zero.publish("a", "1").first?.contains("Maximum Payload Violation") ?? false)
    }

    @Test("An account's limits hold for its users together", arguments: realServers)
    func accountLimits(server: String) async throws {
        var scene = try Scene(now: now)
        scene.accountClaims.limits.connections = 1
        scene.accountClaims.limits.payload = 4
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        let user = try scene.user()
        let first = try judge.connection(user)
        #expect(try judge.refusal(user)?.contains("maximum account active connections exceeded") ?? false)
        #expect(try first.publish("a", "five!").first?.contains("Maximum Payload Violation") ?? false)
    }

    @Test("JetStream is there where its limits are, and as large as they say", arguments: realServers)
    func jetStream(server: String) async throws {
        var scene = try Scene(now: now)
        scene.accountClaims.limits.jetStream = .limited(JetStreamLimits(memory: 0, disk: 1_048_576, streams: 1))
        let without = try NKeyPair.generate(.account)
        let bare = try AccountClaims(CommonClaims(without.publicKey, name: "bare"))
            .signed(by: scene.operatorPair, issuedAt: now)
        let tiered = try NKeyPair.generate(.account)
        let tiers = AccountLimits(jetStream: .tiers(["R1": JetStreamLimits(memory: 0, disk: 2_097_152, streams: 2)]))
        let withTiers = try AccountClaims(CommonClaims(tiered.publicKey, name: "tiers"), limits: tiers)
            .signed(by: scene.operatorPair, issuedAt: now)
        let judge = try await Judge.memory(
            server, scene, more: [bare, withTiers], configuration: "jetstream { store_dir: 'FOLDER/js' }")
        defer { judge.server.stop() }
        func info(_ pair: NKeyPair) throws -> String {
            let user = try NKeyPair.generate(.user)
            let token = try UserClaims(CommonClaims(user.publicKey, name: "u"), rights: UserRights(SubjectRights()))
                .signed(by: pair, of: pair.publicKey, issuedAt: now)
            return try judge.connection(Credentials(token, user)).request("$JS.API.INFO", "")
        }
        let limited = try info(scene.accountPair)
        #expect(limited.contains("\"max_storage\":1048576"))
        #expect(limited.contains("\"max_streams\":1,"))
        #expect(limited.contains("\"max_memory\":0"))
        #expect(try info(tiered).contains("\"max_storage\":2097152"))
        #expect(try info(without).contains("not enabled for account"))
    }

    @Test("A mapping leads messages elsewhere", arguments: realServers)
    func mapping(server: String) async throws {
        var scene = try Scene(now: now)
        scene.accountClaims.mappings = ["old.*": [AccountClaims.Mapping("new.$1")]]
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        let client = try judge.connection(scene.user())
        #expect(try client.subscribe("new.a") == [])
        #expect(try client.publish("old.a", "moved") == [])
        #expect(try client.payload() == "moved")
    }
}
