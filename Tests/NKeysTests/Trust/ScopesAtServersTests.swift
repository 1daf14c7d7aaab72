import Fixtures
import Foundation
import NKeys
import Testing

@Suite(
    "Scopes, exports and imports as real servers take them",
    .enabled(if: !realServers.isEmpty, "SKIPPED: without nats-server nobody judges"))
struct ScopesAtServersTests {
    private let now = Int64(Date().timeIntervalSince1970)

    @Test(
        "Users of a scoped key have its template's rights, blanks filled, and none of their own", arguments: realServers
    )
    func scoped(server: String) async throws {
        var scene = try Scene(now: now)
        let key = try NKeyPair.generate(.account)
        var template = UserRights(
            SubjectRights(
                publish: .only(["who.{{name()}}.>", "key.{{subject()}}"], deny: ["who.{{name()}}.secret"]),
                subscribe: .only(["team.{{tag(team)}}.>", "in.{{account-name()}}.{{account-subject()}}"])))
        template.payload = 8
        scene.accountClaims.signingKeys = [.scoped(.init(key.publicKey, role: "service", template: template))]
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        let user = try scene.user(.ofScope, name: "person", by: key) {
            $0.common.tags = ["team:red", "team:blue", "x"]
        }
        let filled = try scene.trusted().user(user.token, now: now).rights
        #expect(filled.payload == 8)
        let publishable = ["who.person.a", "key.\(user.pair.publicKey)"]
        let subscribable = ["team.red.>", "team.blue.a", "in.core.\(scene.accountPair.publicKey)"]
        #expect(filled.subjects.publish.allow == ["who.person.>", "key.\(user.pair.publicKey)"])
        #expect(filled.subjects.publish.deny == ["who.person.secret"])
        #expect(
            filled.subjects.subscribe.allow
                == ["team.red.>", "team.blue.>", "in.core.\(scene.accountPair.publicKey)"])
        let client = try judge.connection(user)
        for subject in publishable { #expect(try client.publish(subject) == []) }
        for subject in ["who.other.a", "who.person.secret", "a"] { #expect(try client.publish(subject) != []) }
        for subject in subscribable { #expect(try client.subscribe(subject) == []) }
        for subject in ["team.green.a", ">"] { #expect(try client.subscribe(subject) != []) }
        #expect(try client.publish("who.person.a", "ninebytes").first?.contains("Maximum Payload Violation") ?? false)

        let greedy = try scene.user(UserRights(SubjectRights()), by: key)
        #expect(try judge.refusal(greedy) == "Authorization Violation")
        #expect(fault { _ = try scene.trusted().user(greedy.token, now: now) } == .scopeViolated)
    }

    @Test("Where a template's blank has nothing, nothing is allowed", arguments: realServers)
    func emptied(server: String) async throws {
        var scene = try Scene(now: now)
        let key = try NKeyPair.generate(.account)
        let template = UserRights(SubjectRights(publish: .only(["team.{{tag(team)}}"]), subscribe: .nothing))
        scene.accountClaims.signingKeys = [.scoped(.init(key.publicKey, role: "r", template: template))]
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        let user = try scene.user(.ofScope, by: key)
        #expect(try scene.trusted().user(user.token, now: now).rights.subjects.publish == .nothing)
        let client = try judge.connection(user)
        #expect(try client.publish("team.a") != [])
        #expect(try client.publish("anything") != [])
    }

    @Test("Zero in a template is nothing, because it is written out", arguments: realServers)
    func zeroInTemplate(server: String) async throws {
        var scene = try Scene(now: now)
        let key = try NKeyPair.generate(.account)
        let template = UserRights(SubjectRights(), payload: .nothing)
        scene.accountClaims.signingKeys = [.scoped(.init(key.publicKey, role: "r", template: template))]
        let judge = try await Judge.memory(server, scene)
        defer { judge.server.stop() }
        let client = try judge.connection(scene.user(.ofScope, by: key))
        #expect(try client.publish("a", "1").first?.contains("Maximum Payload Violation") ?? false)
    }

    @Test(
        "Accounts share what is exported and imported, with an activation where one is asked for",
        arguments: realServers)
    func sharing(server: String) async throws {
        var scene = try Scene(now: now)
        scene.accountClaims.exports = [
            Export(.stream, "news.>"), Export(.service, "ask.*"), Export(.stream, "private.>", needsActivation: true),
        ]
        let guest = try NKeyPair.generate(.account)
        let source = scene.accountPair.publicKey
        let activation = try ActivationClaims(
            CommonClaims(guest.publicKey, name: "leave"), subject: "private.>", kind: .stream
        ).signed(by: scene.accountPair, of: source, issuedAt: now)
        #expect(try scene.trusted().activation(activation, now: now).subject == "private.>")
        func account(_ token: String?) throws -> NATSToken {
            var claims = AccountClaims(CommonClaims(guest.publicKey, name: "guest"))
            claims.imports = [
                Import(.stream, "news.>", from: source, localSubject: "core.news.>"),
                Import(.service, "ask.*", from: source, localSubject: "core.ask.$1"),
                Import(.stream, "private.>", from: source, activation: token),
            ]
            return try claims.signed(by: scene.operatorPair, issuedAt: now)
        }
        for (token, comes) in [(activation.text, "secret"), (nil, nil)] {
            let judge = try await Judge.memory(server, scene, more: [account(token)])
            defer { judge.server.stop() }
            let core = try judge.connection(scene.user())
            let pair = try NKeyPair.generate(.user)
            let visitor = try judge.connection(
                Credentials(
                    UserClaims(CommonClaims(pair.publicKey, name: "v"), rights: UserRights(SubjectRights()))
                        .signed(by: guest, of: guest.publicKey, issuedAt: now), pair))
            _ = try visitor.subscribe("core.news.>")
            _ = try visitor.subscribe("private.>")
            _ = try core.subscribe("ask.*")
            _ = try core.publish("news.a", "public")
            #expect(try visitor.payload() == "public")
            _ = try core.publish("private.a", "secret")
            #expect(try visitor.payload(within: .milliseconds(300)) == comes)
            _ = try core.publish("hidden", "no")
            #expect(try visitor.payload(within: .milliseconds(100)) == nil)
            _ = try visitor.subscribe("_INBOX.v")
            _ = try visitor.publish("core.ask.time", "?", reply: "_INBOX.v")
            guard case .message("ask.time", let reply?, "?")? = try core.next(within: .seconds(2)) else {
                Issue.record("The question did not come over.")
                return
            }
            _ = try core.publish(reply, "noon")
            #expect(try visitor.payload() == "noon")
        }
    }
}
