import Fixtures
import Foundation
import HTTPTypes
import Identity
import SAML
import Storage
import Testing
import Vocabulary

@testable import Gateway

// What others make of the same standard: pysaml2 asks nobody how the gateway reads it.
@Suite("People sign in at pysaml2", .timeLimit(.minutes(3)))
struct SAMLPeerTests {
    /// Which parts are signed, and whether the assertion is encrypted.
    struct Form: Sendable, CustomTestStringConvertible {
        let signed: [String]
        let isEncrypted: Bool

        var testDescription: String { signed.joined(separator: " and ") + (isEncrypted ? ", encrypted" : "") }
    }

    @Test(arguments: [
        Form(signed: ["assertion"], isEncrypted: false), Form(signed: ["response"], isEncrypted: false),
        Form(signed: ["response", "assertion"], isEncrypted: false),
    ])
    func signIn(_ form: Form) async throws {
        let (stage, job, folder) = try await Self.open(form)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.request(.get, WebPerson.gateway + "/saml/metadata")
            let peer = web.page
            let address = try await web.depart(to: "corp")
            try await web.post(try job.answer(address, to: peer))
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
            let person = try #require(try await stage.person("ada"))
            #expect(person.displayName == "Ada Lovelace" && person.mail == "ada@corp.example")
        }
    }

    @Test("sign-outs that begin at either side end the other's session")
    func signOut() async throws {
        let (stage, job, folder) = try await Self.open(Form(signed: ["response"], isEncrypted: false))
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            web.halt = "https://"
            func signIn() async throws -> (peer: String, known: PeerSession) {
                try await web.request(.get, WebPerson.gateway + "/saml/metadata")
                let peer = web.page
                try await web.post(try job.answer(try await web.depart(to: "corp"), to: peer))
                #expect(web.isAtAccount && stage.sessions == 1, "\(web.status) \(web.page.suffix(400))")
                let session = try #require(try await stage.newestSession(of: "ada"))
                let row = try #require(try await stage.gateway.store.read { try $0.peerSessions(of: session.id) }.first)
                return (
                    peer,
                    try stage.gateway.store.keys.open(
                        record: PeerSession.self, row.sealed, tenant: session.tenant, context: row.id)
                )
            }
            // The gateway begins.
            let (peer, known) = try await signIn()
            try await web.open(WebPerson.gateway + "/logout")
            try await web.submit(to: "/logout", [:])
            let asked = try #require(web.location)
            #expect(asked.hasPrefix("https://idp.example/slo?") && stage.sessions == 0)
            let answered = try job.step("answer_logout", peer, ["query": asked.split(separator: "?")[1]])
            #expect(answered["name"] as? String == "ada-1")
            #expect(answered["indexes"] as? [String] == known.sessionIndex.map { [$0] })
            try await web.open(try #require(answered["address"] as? String))
            #expect(web.status == 200 && web.page.contains("You are signed out") && !web.page.contains("did not"))
            // pysaml2 begins.
            let again = try await signIn().known
            let begun = try job.step(
                "logout", peer,
                [
                    "peer_entity": "https://gate.example.org/saml/metadata", "name": "ada-1",
                    "index": try #require(again.sessionIndex),
                ])
            try await web.open(try #require(begun["address"] as? String))
            #expect(stage.sessions == 0)
            let back = try #require(web.location, "\(web.status) \(web.page.suffix(400))")
            #expect(back.hasPrefix("https://idp.example/slo?SAMLResponse=") && back.contains("RelayState=state-1"))
            let read = try job.step("read_logout", peer, ["query": back.split(separator: "?")[1]])
            #expect(read["ended"] as? Bool == true && read["in_response_to"] as? String == begun["id"] as? String)
        }
    }

    private static func open(_ form: Form) async throws -> (stage: SAMLStage, job: PySAML2.Job, folder: String) {
        let folder = NSTemporaryDirectory() + "pysaml2-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let (own, theirs) = (try await MockKeyPair.make(), try await MockKeyPair.make())
        try theirs.key.write(toFile: folder + "/idp.key", atomically: true, encoding: .utf8)
        try theirs.certificate.write(toFile: folder + "/idp.pem", atomically: true, encoding: .utf8)
        let base: [String: Any] = [
            "entity": "https://idp.example/pysaml2", "sso": "https://idp.example/sso",
            "slo": "https://idp.example/slo", "key": folder + "/idp.key", "certificate": folder + "/idp.pem",
            "wants_signed": true,
        ]
        guard let metadata = try PySAML2.run(base.merging(["step": "metadata"]) { $1 })["metadata"] as? String else {
            throw Fault("test.pysaml2", .ourselves, "There are no metadata.")
        }
        let stage = try await SAMLStage.open(own: own, files: ["idp.xml": metadata])
        return (stage, PySAML2.Job(base: base, form: form), folder)
    }
}

/// The identity provider of `Tests/Interop/saml`, one step a run.
enum PySAML2 {
    struct Job: @unchecked Sendable {
        // Texts and flags alone, which nothing changes.
        let base: [String: Any]
        let form: SAMLPeerTests.Form

        func step(_ name: String, _ peer: String, _ more: [String: Any]) throws -> [String: Any] {
            var job = base.merging(["step": name, "peer": peer]) { $1 }
            // Parts of a text are no value of JSON.
            for (key, value) in more { job[key] = (value as? Substring).map(String.init) ?? value }
            return try PySAML2.run(job)
        }

        func answer(_ address: String, to peer: String) throws -> MockIdentityProvider.Posted {
            let page =
                try PySAML2.run(
                    base.merging([
                        "step": "answer", "peer": peer,
                        "query": String(address.split(separator: "?", maxSplits: 1).last ?? ""), "sign": form.signed,
                        "encrypt": form.isEncrypted, "name": "ada-1",
                        "attributes": [
                            "uid": ["ada"], "mail": ["ada@corp.example"], "displayName": ["Ada Lovelace"],
                        ], "context": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
                    ]) { $1 })["page"] as? String
            guard let form = HTMLForm.all(in: page ?? "").first else {
                throw Fault("test.pysaml2", .ourselves, "It answered no form.")
            }
            return MockIdentityProvider.Posted(
                address: form.action, fields: form.fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        }
    }

    static func run(_ job: [String: Any]) throws -> [String: Any] {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../Interop/saml/pysaml2_idp.py").standardizedFileURL.path
        let process = Process(), (input, output, errors) = (Pipe(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [ProcessInfo.processInfo.environment["JUDGE_PYTHON"] ?? "python3", script]
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: try JSONSerialization.data(withJSONObject: job))
        try input.fileHandleForWriting.close()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        let said = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0,
            let answer = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { throw Fault("test.pysaml2", .ourselves, String(decoding: said.suffix(2_000), as: UTF8.self)) }
        return answer
    }
}
