import Foundation
import Gateway
import HTTPTypes
import Identity
import SAML
import Testing
import Vocabulary

// S4-66, and the attack catalogue of SAML: sessions are counted, and there are none.
@Suite("Nobody is signed in by a SAML answer that is not right in everything", .timeLimit(.minutes(3)))
struct SAMLAttackTests {
    typealias Lies = MockIdentityProvider.Lies

    /// A lie by its name.
    struct Lie: Sendable, CustomTestStringConvertible {
        let name: String
        /// The journal's word for it; nil where it does not come as far as a login.
        let reason: String?
        let tell: @Sendable (inout Lies) -> Void

        init(_ name: String, _ reason: String?, _ tell: @escaping @Sendable (inout Lies) -> Void) {
            (self.name, self.reason, self.tell) = (name, reason, tell)
        }

        var testDescription: String { name }

        /// One that changes the assertion before it is signed.
        static func asserted(
            _ name: String, _ reason: String, _ change: @escaping @Sendable (inout Assertion) -> Void
        ) -> Lie {
            Lie(name, reason) { $0.assertion = change }
        }

        /// One that changes the message after it was signed.
        static func tampered(
            _ name: String, _ reason: String?, _ change: @escaping @Sendable (String) -> String
        ) -> Lie {
            Lie(name, reason) {
                $0.message = { honest in
                    let text = String(decoding: honest, as: UTF8.self), changed = change(text)
                    #expect(changed != text, "nothing was changed")
                    return Array(changed.utf8)
                }
            }
        }
    }

    static let lies: [Lie] = [
        Lie("unsigned", "saml.sig_missing") { $0.isUnsigned = true },
        Lie("a failure", "saml.status") { $0.status = Status(.responder, .authnFailed) },
        Lie("the response of another issuer", "saml.issuer") { $0.header = { $0.issuer = "https://other.example" } },
        Lie("sent elsewhere", "saml.destination") {
            $0.header = { $0.destination = "https://gate.example.org/saml/other" }
        },
        Lie("sent nowhere, and the response signed", "saml.destination") {
            $0.header = { $0.destination = nil }
            $0.parts = [.root]
        },
        Lie("an answer to another request", "saml.inresponseto") { $0.header = { $0.inResponseTo = "_other" } },
        Lie("the name of nobody's sign-in beside it", nil) { $0.relayState = "nobody-waits-for-this" },
        .asserted("of another issuer", "saml.issuer") { $0.issuer = "https://other.example" },
        .asserted("for somebody else", "saml.audience") { $0.conditions.audiences = ["https://other.example"] },
        .asserted("delivered elsewhere", "saml.confirmation") {
            $0.confirmation.recipient = "https://other.example/acs"
        },
        .asserted("confirming another request", "saml.confirmation") { $0.confirmation.inResponseTo = "_other" },
        .asserted("confirming no request", "saml.confirmation") { $0.confirmation.inResponseTo = nil },
        .asserted("expired", "saml.expired") {
            $0.conditions.notBefore -= 900
            $0.conditions.notOnOrAfter -= 900
        },
        .asserted("confirmed in the past", "saml.confirmation") { $0.confirmation.notOnOrAfter -= 900 },
        .asserted("of tomorrow", "saml.not_yet_valid") {
            $0.conditions.notBefore += 900
            $0.conditions.notOnOrAfter += 900
        },
        .asserted("a sign-in of tomorrow", "saml.authn_in_future") { $0.authn.instant += 900 },
        .asserted("of a session that is over", "saml.session_expired") {
            $0.authn.sessionNotOnOrAfter = $0.authn.instant - 900
        },
        .asserted("a transient name and nothing that stays", "saml.subject") {
            $0.subject = NameID("once", format: NameIDFormat.transient)
        },
        .asserted("nobody at all", "saml.subject") { $0.subject = nil },
        .tampered("another name put in", "saml.sig_invalid") { $0.replacing(">ada-1<", with: ">eve-1<") },
        .tampered("a comment that cuts the name", "saml.sig_invalid") {
            $0.replacing(">ada-1<", with: "><!---->eve<!---->-1<")
        },
        .tampered("a document type", "saml.xml_dtd") { "<!DOCTYPE r [<!ENTITY e 'x'>]>" + $0 },
        .tampered("a second assertion before it", "saml.num_assertions") { Self.wrapped($0, evilFirst: true) },
        .tampered("a second assertion behind it", "saml.num_assertions") { Self.wrapped($0, evilFirst: false) },
        .tampered("the signed one hidden in extensions", "saml.num_assertions") { Self.hidden($0) },
        .tampered("two roots", "saml.xml_malformed") { $0 + $0 },
        .tampered("the signature cut out", "saml.sig_missing") { text in
            text.replacing(/<(ds:|)Signature[ >].*<\/(ds:|)Signature>/.dotMatchesNewlines(), with: "")
        },
        .tampered("nothing of it", nil) { _ in "" },
        .tampered("no XML", "saml.xml_malformed") { _ in "hello" },
    ]

    @Test(arguments: lies)
    func noSession(_ lie: Lie) async throws {
        let stage = try await Self.shared.stage()
        try await stage.running.visit { api in
            let web = WebPerson(api.client)
            let idp = MockIdentityProvider(entityID: stage.idp.entityID, keys: try await Self.shared.keys())
            let address = try await web.depart(to: "corp")
            lie.tell(&idp.lies)
            // The journal folds what one source is refused.
            let number = Self.lies.firstIndex { $0.name == lie.name } ?? 0
            web.address = "198.51.100.\(number + 1)"
            let before = stage.sessions
            try await web.post(try idp.answer(address))
            #expect(!web.isAtAccount, "\(web.status) \(web.page.suffix(300))")
            #expect(stage.sessions == before)
            guard let reason = lie.reason else { return #expect(web.status == 400) }
            let events = try await api.send(.get, "/api/v1/audit/events?type=login.refused&limit=200")
            let newest = events.body?["items"]?.list?.max {
                $0["position"]?.integer ?? 0 < $1["position"]?.integer ?? 0
            }
            #expect(newest?["facts"]?["upstream_reason"] == .string(reason))
        }
    }

    @Test func aKeyOfSomebodyElseProvesNothing() async throws {
        let stage = try await Self.shared.stage()
        let stranger = try await MockKeyPair.make()
        try await stage.running.visit { api in
            let web = WebPerson(api.client)
            let idp = MockIdentityProvider(entityID: stage.idp.entityID, keys: stranger)
            let before = stage.sessions
            try await web.post(try idp.answer(try await web.depart(to: "corp")))
            #expect(!web.isAtAccount && stage.sessions == before)
        }
    }

    @Test("an answer works once, in the browser that asked for it, and not in another")
    func replay() async throws {
        let stage = try await SAMLStage.open()
        try await stage.running.serve { api in
            let (web, thief) = (WebPerson(api.client), WebPerson(api.client))
            let posted = try stage.idp.answer(try await web.depart(to: "corp"))
            _ = try await thief.depart(to: "corp")
            try await thief.post(posted)
            #expect(!thief.isAtAccount && stage.sessions == 0)
            // What was posted waits for the browser that asked.
            try await web.open(WebPerson.gateway + "/login/callback/corp?state=" + (posted.fields.last?.value ?? ""))
            #expect(web.isAtAccount && stage.sessions == 1, "\(web.status) \(web.page.suffix(300))")
            try await web.post(posted)
            #expect(stage.sessions == 1)
            try await thief.post(posted)
            #expect(!thief.isAtAccount && stage.sessions == 1)
        }
    }

    @Test("of a hundred copies of one answer, sent at the same time, one signs in")
    func race() async throws {
        let stage = try await SAMLStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let posted = try stage.idp.answer(try await web.depart(to: "corp"))
            try await web.request(.post, posted.address, body: posted.body)
            let callback = try #require(web.location)
            let jar = web.jar
            let client = api.client
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        let copy = WebPerson(client)
                        copy.jar = jar
                        try await copy.request(.get, WebPerson.gateway + callback)
                    }
                }
                try await group.waitForAll()
            }
            #expect(stage.sessions == 1)
        }
    }

    @Test("whoever has to prove anew who they are is not let in with a proof of before")
    func forcedAuthentication() async throws {
        let stage = try await SAMLStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let address = try await web.depart(to: "corp", "&max_age=0")
            #expect(try stage.idp.read(address).request.forcesAuthn)
            stage.idp.lies.assertion = { $0.authn.instant -= 3_600 }
            try await web.post(try stage.idp.answer(address))
            #expect(!web.isAtAccount && stage.sessions == 0)
        }
    }

    @Test("no more than 256 KiB of a message are read, and a form of more is refused before")
    func limits() async throws {
        let stage = try await Self.shared.stage()
        try await stage.running.visit { api in
            for (bytes, status) in [(300_000, 400), (1_200_000, 413)] {
                let web = WebPerson(api.client)
                let text = String(repeating: "QUFB", count: bytes / 3)
                try await web.request(
                    .post, WebPerson.gateway + "/saml/acs", body: "RelayState=x&SAMLResponse=" + text)
                #expect(web.status == status, "\(bytes): \(web.status)")
            }
        }
    }

    // MARK: Wrapping

    /// The assertion copied with another name, beside the signed one.
    private static func wrapped(_ text: String, evilFirst: Bool) -> String {
        guard let range = text.firstRange(of: /<(saml:|)Assertion .*<\/(saml:|)Assertion>/.dotMatchesNewlines()) else {
            return text
        }
        let good = String(text[range])
        let evil = good.replacing(/<(ds:|)Signature[ >].*<\/(ds:|)Signature>/.dotMatchesNewlines(), with: "")
            .replacing("ada-1", with: "eve-1").replacing(/\ ID="[^"]+"/, with: " ID=\"_evil\"")
        return text.replacingCharacters(in: range, with: evilFirst ? evil + good : good + evil)
    }

    /// An assertion of nobody's in the place of the signed one, which is moved where nobody reads.
    private static func hidden(_ text: String) -> String {
        guard let range = text.firstRange(of: /<(saml:|)Assertion .*<\/(saml:|)Assertion>/.dotMatchesNewlines()) else {
            return text
        }
        let good = String(text[range])
        let evil = good.replacing("ada-1", with: "eve-1").replacing(/\ ID="[^"]+"/, with: " ID=\"_evil\"")
        let hidden = "<samlp:Extensions xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">\(good)</samlp:Extensions>"
        let moved = text.replacingCharacters(in: range, with: evil)
        guard let issuer = moved.firstRange(of: /<\/(saml:|)Issuer>/) else { return text }
        return moved.replacingCharacters(in: issuer, with: moved[issuer] + hidden)
    }

    /// One gateway for all lies: none of them leaves anything behind.
    private static let shared = Shared()

    private actor Shared {
        private var pair: Task<MockKeyPair, any Error>?
        private var opened: Task<SAMLStage, any Error>?

        func keys() async throws -> MockKeyPair {
            let task = pair ?? Task { try await MockKeyPair.make() }
            pair = task
            return try await task.value
        }

        func stage() async throws -> SAMLStage {
            let keys = try await keys()
            let task = opened ?? Task { try await SAMLStage.open(idp: MockIdentityProvider(keys: keys)) }
            opened = task
            return try await task.value
        }
    }
}
