import Foundation
import HTTPTypes
import HummingbirdTesting
import Identity
import NIOCore
import SAML
import Testing
import Vocabulary

@testable import Gateway

// The attack catalogue of SAML: forged sign-outs. Sessions are counted before and after.
@Suite("Nobody's session ends by a SAML message that is not right in everything", .timeLimit(.minutes(3)))
struct SAMLLogoutAttackTests {
    /// What is wrong with a request that would end ada's session.
    struct Lie: Sendable, CustomTestStringConvertible {
        let name: String
        /// Nil for one that is believed, of a name or session that nobody here has: it is answered so.
        let reason: String?
        var request: @Sendable (inout LogoutRequest) -> Void = { _ in }
        /// The document before it is packed, unsigned where there is one.
        var document: (@Sendable ([UInt8]) -> [UInt8])?
        var isUnsigned = false
        var isStrangers = false

        var testDescription: String { name }

        static func said(
            _ name: String, _ reason: String?, _ change: @escaping @Sendable (inout LogoutRequest) -> Void
        ) -> Lie {
            Lie(name: name, reason: reason, request: change)
        }
    }

    static let lies: [Lie] = [
        Lie(name: "unsigned", reason: "saml.unsigned", isUnsigned: true),
        Lie(name: "signed by a stranger", reason: "saml.unsigned", isStrangers: true),
        .said("of an issuer whom nobody knows", "saml.issuer") { $0.header.issuer = "https://other.example" },
        .said("of ourselves", "saml.issuer") { $0.header.issuer = "https://gate.example.org/saml/metadata" },
        .said("of an application, whose key it is not", "saml.unsigned") {
            $0.header.issuer = "https://sp0.example/saml"
        },
        .said("sent elsewhere", "saml.destination") { $0.header.destination = "https://gate.example.org/saml/acs" },
        .said("sent nowhere", "saml.destination") { $0.header.destination = nil },
        .said("sent to the other binding", "saml.destination") {
            $0.header.destination = "https://gate.example.org/saml/soap/logout"
        },
        .said("past its NotOnOrAfter", "saml.stale") { $0.notOnOrAfter = $0.header.issueInstant - 200 },
        .said("made long ago", "saml.stale") { $0.header.issueInstant -= 3_600 },
        .said("made tomorrow", "saml.stale") { $0.header.issueInstant += 86_400 },
        .said("a name in other letters", nil) { $0.subject.value = "ADA-ZO\u{CB}" },
        .said("a name that is canonically equivalent", nil) { $0.subject.value = "ada-zoe\u{308}" },
        .said("a name with a space behind it", nil) { $0.subject.value += " " },
        .said("a name of another format", nil) { $0.subject.format = NameIDFormat.transient },
        .said("a name of another party's", nil) { $0.subject.spNameQualifier = "https://sp0.example/saml" },
        .said("a session that there is none of", nil) { $0.sessionIndexes = ["_session-99"] },
        .said("somebody else's session", nil) { $0.sessionIndexes = [Self.grace] },
        .said("somebody else's name for this session", nil) { $0.subject.value = "grace-1" },
        .said("the name that an application knows", nil) {
            $0.subject = NameID(
                "pairwise-of-https://sp0.example/saml", format: NameIDFormat.persistent,
                nameQualifier: "https://gate.example.org/saml/metadata", spNameQualifier: "https://sp0.example/saml")
        },
        Lie(name: "a document type", reason: "saml.xml_dtd", document: { Array("<!DOCTYPE r>".utf8) + $0 }),
        Lie(
            name: "another kind of message", reason: "saml.root",
            document: {
                Array(String(decoding: $0, as: UTF8.self).replacing("LogoutRequest", with: "AuthnRequest").utf8)
            }),
        Lie(name: "no XML", reason: "saml.xml_malformed", document: { _ in Array("hello".utf8) }),
        Lie(
            name: "nobody named", reason: "saml.malformed",
            document: {
                Array(
                    String(decoding: $0, as: UTF8.self).replacing(
                        /<saml:NameID.*<\/saml:NameID>/.dotMatchesNewlines(), with: ""
                    ).utf8)
            }),
    ]

    /// The session at the identity provider of somebody else.
    private static let grace = "_session-1"

    @Test(arguments: lies)
    func noSessionEnds(_ lie: Lie) async throws {
        let (stage, index) = try await Self.shared.stage()
        try await stage.running.visit { api in
            let before = stage.sessions
            #expect(before == 2)
            let web = WebPerson(api.client)
            web.halt = "https://"
            var request = stage.provider.request(Self.ada, [index])
            lie.request(&request)
            try await web.open(try Self.address(request, lie, stage))
            #expect(stage.sessions == before)
            guard let reason = lie.reason else {
                let (_, message) = try #require(try web.outgoing(), "\(web.status) \(web.page.suffix(500))")
                let response = try LogoutResponse(reading: try stage.provider.read(message, from: stage.own))
                return #expect(response.status == Status(.requester, .unknownPrincipal))
            }
            let outgoing = try web.outgoing()
            #expect(web.status == 400 && outgoing == nil)
            #expect(web.page.contains(reason), "\(web.page.suffix(700))")
        }
    }

    static let ada = NameID(
        "ada-zo\u{EB}", format: NameIDFormat.persistent, nameQualifier: "https://idp.example/saml",
        spNameQualifier: "https://gate.example.org/saml/metadata")

    private static func address(_ request: LogoutRequest, _ lie: Lie, _ stage: LogoutStage) throws -> String {
        let bytes = try XMLWriter.bytes(of: try request.element())
        let key = try lie.isStrangers ? stage.own.signing : stage.provider.keys.signing
        let algorithm = key.kind.usualAlgorithm
        let outgoing = RedirectBinding.Outgoing(
            lie.document?(bytes) ?? bytes, kind: .request, relayState: RelayState("state-1"),
            signatureAlgorithm: lie.isUnsigned ? nil : algorithm.rawValue)
        let signature = try lie.isUnsigned ? nil : key.signature(over: Array(outgoing.octets.utf8), algorithm)
        return try outgoing.address(at: LogoutPartner.here, signature: signature)
    }

    @Test("by form and by SOAP neither: unsigned, changed after signing, wrapped, of another key")
    func otherBindings() async throws {
        let (stage, index) = try await Self.shared.stage()
        try await stage.running.visit { api in
            let before = stage.sessions
            for destination in [LogoutPartner.here, LogoutPartner.behind] {
                let element = try stage.provider.request(Self.ada, [index], to: destination).element()
                let signed = try SAMLSignatures.sign(element, with: try stage.provider.keys.signing)
                let other = try SAMLSignatures.sign(element, with: try stage.own.signing)
                let text = String(decoding: signed, as: UTF8.self)
                let foreign = text.replacing("_session-2", with: "_session-3").replacing("ada-zo", with: "ada-so")
                let evil = try XMLWriter.bytes(of: try stage.provider.request(Self.ada, [], to: destination).element())
                let inside = text.replacing(/<\?xml[^>]*\?>/, with: "")
                let wrapped = String(decoding: evil, as: UTF8.self).replacing(/<\?xml[^>]*\?>/, with: "")
                    .replacing("</saml:Issuer>", with: "</saml:Issuer><samlp:Extensions>\(inside)</samlp:Extensions>")
                let documents = [
                    (try XMLWriter.bytes(of: element), "saml.unsigned"), (other, "saml.unsigned"),
                    (Array(foreign.utf8), "saml.unsigned"), (Array(wrapped.utf8), "saml.signature_structure"),
                ]
                for (document, code) in documents {
                    if destination == LogoutPartner.behind {
                        let (status, body) = try await SAMLLogoutTests.post(
                            api, try SOAPEnvelope.bytes(around: try XMLReader.parse(document), signedWith: nil))
                        let said = String(decoding: body, as: UTF8.self)
                        #expect(status == 500 && said.contains(code), "\(said)")
                    } else {
                        let web = WebPerson(api.client)
                        let form = PostBinding.Form(document, kind: .request, relayState: nil, at: destination)
                        let body = form.fields.map { "\($0.name)=\(WebPerson.encoded($0.value))" }
                        try await web.request(.post, destination, body: body.joined(separator: "&"))
                        #expect(web.status == 400 && web.page.contains(code), "\(web.page.suffix(500))")
                    }
                    #expect(stage.sessions == before)
                }
            }
        }
    }

    @Test("envelopes that are none, hold two messages, or demand what nobody knows are refused")
    func envelopes() async throws {
        let (stage, index) = try await Self.shared.stage()
        try await stage.running.visit { api in
            let element = try stage.provider.request(Self.ada, [index], to: LogoutPartner.behind).element()
            let good = String(decoding: try stage.provider.envelope(element), as: UTF8.self)
            let message = good.replacing(/<\/?soap11:[^>]*>/, with: "")
            let header = "<soap11:Header><x:h xmlns:x=\"urn:x\" soap11:mustUnderstand=\"1\"/></soap11:Header>"
            for (text, code) in [
                (message, "saml.root"), (good.replacing("<soap11:Body>", with: header + "<soap11:Body>"), "saml.soap"),
                (good.replacing("</soap11:Body>", with: "<x:y xmlns:x=\"urn:x\"/></soap11:Body>"), "saml.soap"),
                (good.replacing("</soap11:Body>", with: "</soap11:Body><soap11:Body/>"), "saml.soap"),
            ] {
                let (status, body) = try await SAMLLogoutTests.post(api, Array(text.utf8))
                #expect(status == 500 && String(decoding: body, as: UTF8.self).contains(code))
            }
            let (large, _) = try await SAMLLogoutTests.post(api, [UInt8](repeating: 0x20, count: (256 << 10) + 1))
            #expect(large == 413 && stage.sessions == 2)
        }
    }

    @Test("a request is shown once, over a restart too")
    func replay() async throws {
        let stage = try await LogoutStage.open()
        let kept = Kept()
        try await stage.running.visit { api in
            let web = try await stage.signIn(api).web
            let request = stage.provider.request(stage.idp.name, [])
            kept.address = try stage.provider.address(try request.element())
            try await web.open(kept.address)
            #expect(stage.sessions == 0)
            _ = try await stage.signIn(api)
            try await web.request(.get, kept.address)
            #expect(web.status == 400 && web.page.contains("saml.stale") && stage.sessions == 1)
        }
        let again = try await stage.running.restarted(clock: SystemClock.now)
        try await again.serve { api in
            let web = WebPerson(api.client)
            try await web.request(.get, kept.address)
            #expect(web.status == 400 && web.page.contains("saml.stale") && again.gateway.counts.sessions == 1)
        }
    }

    /// Written and read one after the other.
    private final class Kept: @unchecked Sendable { var address = "" }

    @Test("of twenty copies of one request, sent at the same time, one is believed")
    func race() async throws {
        let stage = try await LogoutStage.open()
        try await stage.running.serve { api in
            _ = try await stage.signIn(api)
            let element = try stage.provider.request(stage.idp.name, [], to: LogoutPartner.behind).element()
            let envelope = try stage.provider.envelope(element)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await SAMLLogoutTests.post(api, envelope).status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 200 }.count == 1 && stage.sessions == 0)
        }
    }

    @Test("an answer counts from whom was asked, to what was asked; nothing else moves the browser on")
    func answers() async throws {
        let stage = try await LogoutStage.open(applications: [[.redirect], [.redirect]])
        try await stage.running.serve { api in
            let web = try await stage.signIn(api).web
            try await web.open(WebPerson.gateway + "/logout")
            try await web.submit(to: "/logout", [:])
            let (place, message) = try #require(try web.outgoing())
            let asked = try #require(stage.applications.first { $0.place == place })
            let other = try #require(stage.applications.first { $0.place != place })
            let element = try asked.read(message, from: stage.own)
            let answer = try LogoutResponse(reading: try asked.answer(element))
            let lies: [(String, String, (inout LogoutResponse) -> Void)] = [
                ("of another request", "saml.binding", { $0.header.inResponseTo = "_other" }),
                ("of none", "saml.binding", { $0.header.inResponseTo = nil }),
                ("sent elsewhere", "saml.destination", { $0.header.destination = "https://gate.example.org/saml/acs" }),
                ("old", "saml.stale", { $0.header.issueInstant -= 3_600 }),
                ("of a stranger", "saml.issuer", { $0.header.issuer = "https://other.example" }),
                ("of the other application", "saml.issuer", { $0.header.issuer = other.entityID }),
                ("of the identity provider", "saml.unsigned", { $0.header.issuer = stage.provider.entityID }),
            ]
            let stranger = WebPerson(api.client)
            for (name, reason, change) in lies {
                var lie = answer
                change(&lie)
                try await stranger.request(
                    .get, try asked.address(try lie.element(), kind: .response, relayState: nil))
                #expect(
                    stranger.status == 400 && stranger.page.contains(reason), "\(name): \(stranger.page.suffix(400))")
            }
            try await web.open(WebPerson.gateway + "/saml/slo/next")
            #expect(web.page.contains("has not confirmed"))
            // Brought by another browser it is written down, and that browser goes nowhere.
            stranger.halt = "https://"
            let right = try asked.address(try answer.element(), kind: .response, relayState: nil)
            try await stranger.open(right)
            #expect(try stranger.outgoing() == nil)
            try await stranger.request(.get, right)
            #expect(stranger.status == 400)
            try await web.open(WebPerson.gateway + "/saml/slo/next")
            #expect(try web.outgoing()?.address == other.place)
        }
    }

    @Test("an application ends its own people's sessions, by the names that it was given, and no others")
    func applications() async throws {
        let stage = try await LogoutStage.open(applications: [[.redirect], [.redirect]])
        try await stage.running.serve { api in
            let (_, session) = try await stage.signIn(api)
            let (mine, other) = (stage.applications[0], stage.applications[1])
            let index = LogoutStage.index(session)
            let web = WebPerson(api.client)
            web.halt = "https://"
            for (name, indexes) in [
                (stage.idp.name, [stage.newestIndex]), (LogoutStage.name(at: other), [index]),
                (LogoutStage.name(at: mine), ["index-of-another"]),
            ] {
                try await web.open(try mine.address(try mine.request(name, indexes).element()))
                let (_, message) = try #require(try web.outgoing())
                let response = try LogoutResponse(reading: try mine.read(message, from: stage.own))
                #expect(response.status == Status(.requester, .unknownPrincipal) && stage.sessions == 1)
            }
            // A name that was encrypted for somebody else is nobody's.
            let key = try other.keys.published
            let choice = try #require(AlgorithmPolicy().encryption(to: [key]))
            let sealed = try mine.request(LogoutStage.name(at: mine), [index]).element(
                encryptingFor: choice, recipient: other.entityID)
            try await web.request(.get, try mine.address(sealed))
            #expect(web.status == 400 && web.page.contains("saml.decrypt") && stage.sessions == 1)
        }
    }

    /// One gateway for all lies, with ada and grace signed in; none of them leaves anything behind.
    private static let shared = Shared()

    private actor Shared {
        private var opened: Task<(LogoutStage, String), any Error>?

        func stage() async throws -> (LogoutStage, String) {
            let task = opened ?? Task { try await Self.open() }
            opened = task
            return try await task.value
        }

        private static func open() async throws -> (LogoutStage, String) {
            let stage = try await LogoutStage.open(applications: [[.redirect]])
            try await stage.running.visit { api in
                stage.idp.name = NameID("grace-1", format: NameIDFormat.persistent)
                stage.idp.attributes = [
                    SAMLAttribute("urn:oid:0.9.2342.19200300.100.1.1", values: ["grace"])
                ]
                _ = try await stage.signIn(api, as: "grace")
                stage.idp.name = SAMLLogoutAttackTests.ada
                stage.idp.attributes = MockIdentityProvider.ada
                _ = try await stage.signIn(api)
            }
            return (stage, stage.newestIndex)
        }
    }
}
