import Fixtures
import Foundation
import Governance
import Identity
import JOSE
import NKeys
import Storage
import Testing
import Vocabulary

@testable import Gateway

private let realServers: [String] = NatsServer.executables

// S2-01, S2-02, S2-03, S2-24, S2-25, S2-26, S2-28, S2-29, S2-30, S2-31, S2-37, S2-38
@Suite(
    "Credentials for NATS while they live",
    .enabled(if: !realServers.isEmpty, "SKIPPED: without nats-server nobody judges"))
struct NATSLifeTests {
    @Test("Who is revoked is put out of a running server, and stays out", arguments: realServers)
    func revocation(executable: String) async throws {
        try await NATSStage.run { stage, _ in
            let server = try await stage.server(executable)
            defer { server.stop() }
            let held = try await stage.credentials("video-service")
            let connection = try NATSStage.connection(held, to: server)
            try await stage.service.revokeUser("video-service", by: stage.caller)
            try await stage.push(to: server)
            #expect(try connection.isPutOut())
            #expect(try NATSStage.refusal(held, by: server) != nil)
            let again = try await stage.service.generateUser(
                of: "video-service", in: nil, ["domains": ["video"]], by: stage.caller)
            try await stage.push(to: server)
            #expect(again.publicKey != held.pair.publicKey.text)
            _ = try await stage.connection("video-service", to: server)
            #expect(try await stage.gateway.count("nats_user.revoked", in: stage.caller.tenant) == 1)
        }
    }

    @Test(
        "Another key, other rights, another signing key: what was handed out before holds no longer",
        arguments: realServers)
    func replacing(executable: String) async throws {
        try await NATSStage.run { stage, _ in
            let server = try await stage.server(executable)
            defer { server.stop() }
            let (service, caller) = (stage.service, stage.caller)
            var held = try await stage.credentials("git-service")
            let steps: [(String, () async throws -> Void)] = [
                ("key", { _ = try await service.rotateUser("git-service", by: caller) }),
                (
                    "rights",
                    {
                        _ = try await service.changeUser(
                            "git-service", ["publish": ["thecowboyai.org.other.>"]], expecting: nil, by: caller)
                    }
                ),
                // Twice within a second: the last token is the one that holds.
                (
                    "rights again",
                    {
                        _ = try await service.changeUser(
                            "git-service", ["publish": ["thecowboyai.org.git.>"]], expecting: nil, by: caller)
                    }
                ),
                ("signing key", { _ = try await service.rotateAccount("development", by: caller) }),
            ]
            for (name, step) in steps {
                let connection = try NATSStage.connection(held, to: server)
                try await step()
                try await stage.push(to: server)
                #expect(try connection.isPutOut(), "\(name)")
                #expect(try NATSStage.refusal(held, by: server) != nil, "\(name)")
                held = try await stage.credentials("git-service")
                #expect(try NATSStage.refusal(held, by: server) == nil, "\(name)")
            }
        }
    }

    @Test(
        "Who is no service any more, or inactive, is no user either; roles give and take subjects",
        arguments: realServers)
    func following(executable: String) async throws {
        try await NATSStage.run { stage, _ in
            let (gateway, caller, service) = (stage.gateway, stage.caller, stage.service)
            let server = try await stage.server(executable)
            defer { server.stop() }
            #expect(try await service.follow(in: caller.tenant) == 0)
            let auditing = Role(
                id: .random(at: gateway.clock()), tenant: caller.tenant, name: "hears-all",
                permissions: [
                    RolePermission(
                        action: "subscribe", resourceType: "nats_subject", pattern: "thecowboyai.org.*.audit")
                ])
            _ = try await gateway.roles.create(auditing, by: caller)
            let agent = try await gateway.people.person(named: "agent-service", in: caller.tenant)
            let given = try await gateway.roles.assign(
                auditing.id, to: .person(agent.id), expiresAt: nil, by: caller)
            #expect(try await service.follow(in: caller.tenant) == 1)
            try await stage.push(to: server)
            let listener = try await stage.connection("agent-service", to: server)
            #expect(try listener.subscribe("thecowboyai.org.*.audit") == [])
            try await gateway.roles.revoke(given.id, by: caller)
            #expect(try await service.follow(in: caller.tenant) == 1)
            try await stage.push(to: server)
            #expect(try listener.isPutOut())
            let narrowed = try await stage.connection("agent-service", to: server)
            let unheard = try narrowed.subscribe("thecowboyai.org.*.audit")
            #expect(!unheard.isEmpty)
            // Inactive, and no service any more.
            try await gateway.people.disable(agent.id, .administrator, by: caller)
            let git = try await gateway.people.person(named: "git-service", in: caller.tenant)
            for assignment in try await gateway.roles.assignments(in: caller.tenant, of: .person(git.id)) {
                try await gateway.roles.revoke(assignment.id, by: caller)
            }
            #expect(try await service.follow(in: caller.tenant) == 2)
            try await stage.push(to: server)
            #expect(try narrowed.isPutOut())
            let left = try await service.overview(in: caller.tenant).users.map(\.name)
            #expect(!left.contains("agent-service") && !left.contains("git-service") && left.contains("nix-service"))
            let refusal = try await gateway.refusal {
                _ = try await service.generateUser(of: "git-service", in: nil, .object([:]), by: caller)
            }
            #expect(refusal?.code == "nats.no_service")
        }
    }

    @Test("An assignment for a time lets its holder in for as long, with a key of their own", arguments: realServers)
    func temporary(executable: String) async throws {
        try await NATSStage.run { stage, _ in
            let (gateway, caller, service) = (stage.gateway, stage.caller, stage.service)
            let server = try await stage.server(executable)
            defer { server.stop() }
            let now = gateway.clock()
            var edit = PersonEdit()
            edit.login = "ada"
            let ada = try await gateway.people.create(edit, by: caller)
            let application = try await gateway.entitlements.create(
                ApplicationID.random(at: now), ApplicationDetails(name: "NATS"), by: caller)
            var details = EntitlementDetails(name: "on call", riskLevel: .low)
            details.metadata = ["nats": ["account": "core", "subscribe": ["thecowboyai.org.person.>"]]]
            let entitlement = try await gateway.entitlements.create(
                EntitlementID.random(at: now), of: application.id, details, by: caller)
            let pair = try NKeyPair.generate(.user)
            func assign(until end: Timestamp?) async throws -> EntitlementAssignmentID {
                let id = EntitlementAssignmentID.random(at: gateway.clock())
                let made = try await gateway.assignments.assign(
                    AssignmentInput(id: id, entitlement: entitlement.id, subject: .person(ada.id), expiresAt: end),
                    by: Caller(tenant: caller.tenant, actor: caller.actor, command: .random(at: gateway.clock())))
                return made.id
            }
            func fetch(_ id: EntitlementAssignmentID, _ key: NKeyPair) async throws -> Credentials {
                let handed = try await service.temporaryCredentials(
                    id, publicKey: key.publicKey.text, of: ada.id, by: caller)
                return try Credentials(NATSToken(handed.token), key)
            }
            let assignment = try await assign(until: now + .minutes(10))
            let held = try await fetch(assignment, pair)
            #expect(held.token.claims.common.expires == (now + .minutes(10)).seconds)
            try await stage.push(to: server)
            let connection = try NATSStage.connection(held, to: server)
            #expect(try connection.subscribe("thecowboyai.org.person.>") == [])
            let complaints = try connection.publish("thecowboyai.org.person.x", "1")
            #expect(!complaints.isEmpty)
            // The same key twice, somebody else's assignment, a seed where a key belongs.
            let second = try await gateway.refusal { _ = try await fetch(assignment, pair) }
            #expect(second?.code == "conflict")
            let stranger = try await gateway.refusal {
                _ = try await service.temporaryCredentials(
                    assignment, publicKey: try NKeyPair.generate(.user).publicKey.text,
                    of: .random(at: gateway.clock()), by: caller)
            }
            #expect(stranger?.code == "not_found")
            let seed = String(decoding: pair.seed().reveal(), as: UTF8.self)
            let secret = try await gateway.refusal {
                _ = try await service.temporaryCredentials(assignment, publicKey: seed, of: ada.id, by: caller)
            }
            let said = "\(secret?.message ?? "")"
            #expect(secret != nil && !said.contains(seed))
            _ = try await gateway.assignments.revoke(
                assignment,
                by: Caller(tenant: caller.tenant, actor: caller.actor, command: .random(at: gateway.clock())))
            #expect(try await service.follow(in: caller.tenant) == 1)
            try await stage.push(to: server)
            #expect(try connection.isPutOut())
            #expect(try NATSStage.refusal(held, by: server) != nil)
            let gone = try await gateway.refusal { _ = try await fetch(assignment, try .generate(.user)) }
            #expect(gone?.code == "not_found")
            // One that ends by itself is over at the server without anybody's word.
            let end = gateway.clock() + .seconds(3)
            let brief = try await assign(until: end)
            let short = try await fetch(brief, try .generate(.user))
            let last = try NATSStage.connection(short, to: server)
            #expect(try last.isPutOut(within: .seconds(8)))
            // The token ends with the last whole second, and the assignment a little later.
            while gateway.clock() < end { try await Task.sleep(for: .milliseconds(50)) }
            let endless = try await assign(until: nil)
            let refusal = try await gateway.refusal { _ = try await fetch(endless, try .generate(.user)) }
            #expect(refusal?.code == "nats.no_end")
        }
    }

    @Test("Running servers are told of what changes by themselves", arguments: realServers)
    func telling(executable: String) async throws {
        try await NATSStage.run { stage, _ in
            let (gateway, caller, service) = (stage.gateway, stage.caller, stage.service)
            let server = try await stage.server(executable)
            defer { server.stop() }
            let pushing = Task { await gateway.natsPusher.run() }
            defer { pushing.cancel() }
            let held = try await stage.credentials("video-service")
            let connection = try NATSStage.connection(held, to: server)
            // Nobody is told at the address of the file, where no server is.
            try await service.revokeUser("video-service", by: caller)
            let isOut = try connection.isPutOut(within: .milliseconds(600))
            #expect(!isOut)
            _ = try await service.changeOperator(
                "thecowboyai", ["servers": .list([.string("nats://127.0.0.1:\(server.port)")])], expecting: nil,
                by: caller)
            #expect(try connection.isPutOut(within: .seconds(10)))
            let git = try await stage.credentials("git-service")
            let second = try NATSStage.connection(git, to: server)
            try await service.revokeUser("git-service", by: caller)
            #expect(try second.isPutOut(within: .seconds(10)))
            #expect(try NATSStage.refusal(git, by: server) != nil)
            pushing.cancel()
            await pushing.value
        }
    }

    @Test(
        "What would come round to where it came from is refused, and so are names that servers or files could not tell apart"
    )
    func refused() async throws {
        try await NATSStage.run { stage, _ in
            let (gateway, caller, service) = (stage.gateway, stage.caller, stage.service)
            let both: AttributeValue = ["publish": ["thecowboyai.org.x.>"], "subscribe": ["thecowboyai.org.x.>"]]
            _ = try await service.changeUser("audio-service", both, expecting: nil, by: caller)
            let before = try await service.user(named: "git-service", in: caller.tenant)
            let circle = try await gateway.refusal {
                _ = try await service.changeUser("git-service", both, expecting: nil, by: caller)
            }
            #expect(circle?.code == "nats.circle")
            #expect(try await service.user(named: "git-service", in: caller.tenant).token == before.token)
            let wrong: [(String, AttributeValue)] = [
                ("zone", ["times": [["start": "08:00:00", "end": "17:00:00"]], "time_zone": "Mars/X"]),
                ("network", ["sources": ["10.0.0.0/64"]]), ("subject", ["publish": ["a..b"]]),
                ("payload", ["max_payload": 3_000_000_000]), ("stream", ["streams": [["name": ""]]]),
            ]
            for (name, settings) in wrong {
                let fault = try await gateway.refusal {
                    _ = try await service.changeUser("git-service", settings, expecting: nil, by: caller)
                }
                #expect(fault?.code.hasPrefix("nats.") ?? false, "\(name)")
            }
            for settings: AttributeValue in [
                ["servers": ["nats://x:99999"]], ["servers": ["ws://x:1"]], ["subject_prefix": "$SYS"],
            ] {
                let fault = try await gateway.refusal {
                    _ = try await service.changeOperator("thecowboyai", settings, expecting: nil, by: caller)
                }
                #expect(fault?.code.hasPrefix("nats.") ?? false, "\(settings)")
            }
            let root = try await gateway.organization.unit(named: "thecowboyai", in: caller.tenant).unit
            let unit = try await gateway.organization.create(.department, name: "Sys", under: root.id, by: caller)
            for name in ["sys", "CORE", "a.b", "../x"] {
                let fault = try await gateway.refusal {
                    _ = try await service.generateAccount(
                        of: unit.id.description, name: name, .object([:]), by: caller)
                }
                #expect(fault != nil, "\(name)")
            }
        }
    }

    @Test("One whose roles say more than a token holds keeps nobody else in, and has no rights meanwhile")
    func tooMuch() async throws {
        try await NATSStage.run { stage, _ in
            let (gateway, caller, service) = (stage.gateway, stage.caller, stage.service)
            let long = Role(
                id: .random(at: gateway.clock()), tenant: caller.tenant, name: "says-a-lot",
                permissions: (0..<60).map {
                    RolePermission(
                        action: "publish", resourceType: "nats_subject",
                        pattern: "s\($0)." + String(repeating: "x", count: 80))
                })
            _ = try await gateway.roles.create(long, by: caller)
            for (action, pattern) in [("publish", "a..b"), ("hear", "a.b")] {
                let none = Role(
                    id: .random(at: gateway.clock()), tenant: caller.tenant, name: "says-nothing",
                    permissions: [RolePermission(action: action, resourceType: "nats_subject", pattern: pattern)])
                #expect(try await gateway.refusal { _ = try await gateway.roles.create(none, by: caller) } != nil)
            }
            let agent = try await gateway.people.person(named: "agent-service", in: caller.tenant)
            _ = try await gateway.roles.assign(long.id, to: .person(agent.id), expiresAt: nil, by: caller)
            let spaces = try await gateway.people.person(named: "spaces-service", in: caller.tenant)
            try await gateway.people.disable(spaces.id, .administrator, by: caller)
            let failure = try await gateway.refusal { try await service.follow(in: caller.tenant) }
            #expect(failure?.code == "nats.too_large")
            let left = try await service.overview(in: caller.tenant)
            #expect(!left.users.contains { $0.name == "spaces-service" })
            let key = try #require(left.users.first { $0.name == "agent-service" }).publicKey
            #expect(left.accounts.first { $0.name == "core" }?.settings.revoked[key] != nil)
            // The file is read again: who is there and is none is named, and stays as it is.
            let again = try await stage.bootstrap()
            #expect(again.leftOut == ["spaces-service"] && again.usersMade == 0)
        }
    }

    @Test("A bootstrap file is carried out once, whole or not at all, and says what is wrong with it")
    func bootstrap() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run { gateway, caller in
            let stage = NATSStage(gateway: gateway, caller: caller)
            let document = try NATSStage.document()
            func changed(_ path: [String], _ value: AttributeValue) -> AttributeValue { document.with(path, value) }
            let broken: [(AttributeValue, String)] = [
                (
                    changed(["service_people", "10", "organizational_unit"], "Nowhere"),
                    "service_people[10], `spaces-service`"
                ),
                (changed(["service_people", "10", "role"], "Developer"), "role"),
                (changed(["service_people", "10", "nats_permissions"], ["publish": ["a..b"]]), "service_people[10]"),
                (changed(["service_people", "10", "nats_permissions"], ["publsh": []]), "publsh"),
                (changed(["service_people", "10", "name"], "spaces service"), "login"),
                (changed(["organizational_units", "2", "unit_type"], "Guild"), "unit_type"),
                (changed(["organization"], .null), "organization"),
            ]
            for (wrong, place) in broken {
                let fault = try await gateway.refusal { _ = try await stage.service.bootstrap(wrong, by: caller) }
                #expect(fault?.message.contains(place) ?? false, "\(place): \(fault?.message ?? "taken")")
                let overview = try await stage.service.overview(in: caller.tenant)
                let units = try await gateway.organization.units(in: caller.tenant)
                #expect(overview.operators.isEmpty && units.isEmpty, "\(place)")
                let roles = try await gateway.roles.roles(in: caller.tenant)
                #expect(!roles.contains { $0.name == "service" }, "\(place)")
            }
            let first = try await stage.bootstrap()
            #expect(first.unitsMade == 4 && first.peopleMade == 11 && first.usersMade == 11 && first.kept == 0)
            let second = try await stage.bootstrap()
            #expect(second.unitsMade == 0 && second.usersMade == 0 && second.kept == 15)
            for (type, count) in [("nats_operator", 1), ("nats_account", 4), ("nats_user", 12)] {
                #expect(try await gateway.count("\(type).created", in: caller.tenant) == count, "\(type)")
            }
        }
        // After a restart everything is as it was, and nothing of a seed stands in the open.
        try await bench.run { gateway, caller in
            let stage = NATSStage(gateway: gateway, caller: caller)
            #expect(try await stage.service.overview(in: caller.tenant).users.count == 12)
            let seed = String(decoding: try await stage.credentials("git-service").pair.seed().reveal(), as: UTF8.self)
            for file in try FileManager.default.subpathsOfDirectory(atPath: bench.folder) {
                guard let data = FileManager.default.contents(atPath: bench.folder + "/" + file) else { continue }
                #expect(data.range(of: Data(seed.utf8)) == nil, "\(file)")
            }
        }
    }

    @Test("Each layout has its files, seeds readable by their owner only, and the manifest nothing secret")
    func layouts() async throws {
        try await NATSStage.run { stage, _ in
            let root = "stores/thecowboyai"
            let store = try await stage.service.export(.nsc, of: nil, by: stage.caller)
            #expect(store["\(root)/thecowboyai.jwt"] != nil && store["\(root)/accounts/core/core.jwt"] != nil)
            #expect(store["\(root)/accounts/media/users/audio-service.creds"]?.mode == .ownerReads)
            #expect(store.files.count { $0.path.hasSuffix(".creds") } == 12)
            let areGuarded = store.files.filter { $0.path.hasPrefix("\(root)/keys/") }
                .allSatisfy { $0.mode == .ownerReads }
            #expect(areGuarded)
            let tool = try await stage.service.export(.nscTool, of: "thecowboyai", by: stage.caller)
            #expect(tool["\(root)/.nsc"] != nil && tool["keys/creds/thecowboyai/core/policy-service.creds"] != nil)
            let flat = try await stage.service.export(.flat, of: nil, by: stage.caller)
            let manifest = try #require(flat["manifest.json"])
            let text = manifest.content.withBytes { String(decoding: $0, as: UTF8.self) }
            let said = try JSONDecoder().decode(AttributeValue.self, from: Data(text.utf8))
            #expect(said["organization_name"] == "thecowboyai" && said["nats_configs"]?.list?.count == 17)
            #expect(!text.contains("SUA") && !text.contains("SOA") && !text.contains("SAA"))
            #expect(try await stage.gateway.count("nats_operator.exported", in: stage.caller.tenant) == 3)
            let unknown = try await stage.gateway.refusal {
                _ = try await stage.service.export(.flat, of: "nobody", by: stage.caller)
            }
            #expect(unknown?.code == "not_found")
        }
    }
}

extension NatsConnection {
    /// Whether the server ends the connection soon.
    fileprivate func isPutOut(within limit: Duration = .seconds(3)) throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if try next(within: .milliseconds(200)) == .closed { return true }
        }
        return false
    }
}

extension AttributeValue {
    /// With another value at a path of names and places.
    fileprivate func with(_ path: [String], _ value: AttributeValue) -> AttributeValue {
        guard let name = path.first else { return value }
        let rest = Array(path.dropFirst())
        if let place = Int(name), var list = self.list {
            list[place] = list[place].with(rest, value)
            return .list(list)
        }
        var members = object ?? [:]
        members[name] = (members[name] ?? .null).with(rest, value)
        return .object(members)
    }
}
