import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Identity
import SAML
import Testing
import Vocabulary

/// A library of others that speaks SAML: a script of `Tests/Interop/saml`, which takes one step a run.
struct SAMLLibrary: Sendable, CustomTestStringConvertible {
    let name: String
    let script: String
    /// Nil for the Python that has the judges' packages.
    var interpreter: String?

    var testDescription: String { name }

    /// Does one step.
    ///
    /// - Throws: `Fault`, with what the library said against it.
    func step(_ step: String, _ job: [String: Any]) throws -> [String: Any] {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Interop/saml/\(script)").standardizedFileURL.path
        let process = Process(), (input, output, errors) = (Pipe(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            interpreter ?? ProcessInfo.processInfo.environment["JUDGE_PYTHON"] ?? "python3", script,
        ]
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
        try process.run()
        let job = job.merging(["step": step]) { $1 }
        try input.fileHandleForWriting.write(contentsOf: try JSONSerialization.data(withJSONObject: job))
        try input.fileHandleForWriting.close()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        let said = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0,
            let answer = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { throw Fault("test.\(name)", .peer, String(decoding: said.suffix(2_000), as: UTF8.self)) }
        return answer
    }

    /// Keys of its own in a folder, and what every step is told of it.
    func base(in folder: String, _ more: [String: Any]) async throws -> [String: Any] {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let keys = try await MockKeyPair.make()
        try keys.key.write(toFile: folder + "/peer.key", atomically: true, encoding: .utf8)
        try keys.certificate.write(toFile: folder + "/peer.pem", atomically: true, encoding: .utf8)
        return more.merging(["key": folder + "/peer.key", "certificate": folder + "/peer.pem"]) { $1 }
    }

    /// Does the work with a folder that is gone afterwards.
    static func withFolder(_ work: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "saml-library-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await work(folder)
    }
}

// MARK: As an identity provider

extension SAMLLibrary {
    /// Signs somebody in here who proves at the library who they are.
    ///
    /// - Parameter how: which parts are signed, and what else the script is told.
    func signsIn(_ how: [String: Any]) async throws {
        let how = Told(values: how)
        try await Self.withFolder { folder in
            let base = Told(
                values: try await self.base(
                    in: folder,
                    [
                        "entity": "https://idp.example/library", "sso": "https://idp.example/sso", "wants_signed": true,
                    ]))
            let own = try await MockKeyPair.make()
            let metadata = try #require(try step("metadata", base.values)["metadata"] as? String)
            let stage = try await SAMLStage.open(own: own, files: ["idp.xml": metadata])
            try await stage.running.serve { api in
                let web = WebPerson(api.client)
                try await web.request(.get, WebPerson.gateway + "/saml/metadata")
                let peer = web.page
                let address = try await web.depart(to: "corp")
                let job = base.values.merging(how.values) { $1 }.merging([
                    "peer": peer, "query": String(address.split(separator: "?", maxSplits: 1).last ?? ""),
                    "name": "ada-1",
                    "context": AuthnContextClass.passwordProtectedTransport,
                ]) { $1 }
                let page = try step("answer", job)["page"] as? String
                let form = try #require(HTMLForm.all(in: page ?? "").first, "it answered no form")
                try await web.post(
                    MockIdentityProvider.Posted(
                        address: form.action,
                        fields: form.fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
                #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
                let person = try #require(try await stage.person("ada"))
                #expect(person.displayName == "Ada Lovelace" && person.mail == "ada@corp.example")
            }
        }
    }

    // Texts and flags alone, which nothing changes.
    private struct Told: @unchecked Sendable {
        let values: [String: Any]
    }
}

// MARK: As a service provider

extension SAMLLibrary {
    /// What the gateway signs of an answer, and whether the assertion is encrypted.
    struct Answer: Sendable, CustomTestStringConvertible {
        let wants: String
        let settings: String

        var testDescription: String { settings }

        static let all = [
            Answer(wants: "either", settings: "encryption: always"),
            Answer(wants: "response", settings: "encryption: never"),
            Answer(wants: "assertion", settings: "encryption: never, sign_response: false, sign_assertion: true"),
            Answer(wants: "both", settings: "encryption: never, sign_assertion: true"),
        ]
    }

    /// Has somebody sign in here for the library, which looks at the answer; and refuses it for another request, and with
    /// something else in it.
    func believes(_ answer: Answer) async throws {
        try await Self.withFolder { folder in
            let base = Told(
                values: try await self.base(
                    in: folder,
                    [
                        "entity": "https://sp.example/library", "acs": "https://sp.example/acs",
                        "slo": "https://sp.example/slo", "wants": answer.wants,
                    ]))
            let own = try await MockKeyPair.make()
            let metadata = try #require(try step("metadata", base.values)["metadata"] as? String)
            let running = try await Self.gateway(own, metadata, answer.settings)
            try await running.serve { api in
                let web = WebPerson(api.client)
                try await web.request(.get, WebPerson.gateway + "/saml/metadata")
                let job = base.values.merging(["peer": web.page]) { $1 }
                let asked = try step("request", job.merging(["signed": true, "relay_state": "a state"]) { $1 })
                let (address, id) = try (#require(asked["url"] as? String), #require(asked["request"] as? String))
                try await web.open(address)
                try await OAuthScene.signIn(web)
                let brought = try #require(MockServiceProvider.brought(by: web), "\(web.url) \(web.page.suffix(500))")
                #expect(brought.address == "https://sp.example/acs" && brought.relayState == "a state")
                func consume(_ response: String, of request: String) throws -> [String: Any] {
                    try step(
                        "consume",
                        job.merging([
                            "request": request, "fields": ["SAMLResponse": response, "RelayState": "a state"],
                        ]) { $1 })
                }
                let said = try consume(brought.response, of: id)
                #expect(
                    (said["name"] as? String)?.isEmpty == false && said["format"] as? String == NameIDFormat.persistent)
                #expect(said["context"] as? String == AuthnContextClass.passwordProtectedTransport)
                #expect(throws: Fault.self) { _ = try consume(brought.response, of: "_another") }
                let changed = brought.text.replacing(
                    #/Version="2.0"/#, with: "Version=\"2.0\" Consent=\"urn:x\"", maxReplacements: 1)
                let other =
                    brought.text.contains("EncryptedAssertion")
                    ? changed : brought.text.replacing(#/(NameID [^>]*>)[^<]+/#) { "\($0.output.1)somebody-else" }
                #expect(other != brought.text)
                #expect(throws: Fault.self) {
                    _ = try consume(Data(other.utf8).base64EncodedString(), of: id)
                }
            }
        }
    }

    private static func gateway(_ own: MockKeyPair, _ metadata: String, _ settings: String) async throws -> TestGateway
    {
        let configuration = """
            providers: [ { id: local, type: local, name: Password } ]
            saml:
              keys: [ { key_file: saml.key, certificate_file: saml.pem } ]
              applications:
                - { entity_id: "https://sp.example/library", title: The Library, metadata_file: sp.xml, name_id_format: persistent, \(settings) }
            """
        let running = try await TestGateway.open(
            server: "trusted_proxies: [127.0.0.1/32]", extra: configuration,
            files: ["saml.key": own.key, "saml.pem": own.certificate, "sp.xml": metadata])
        try await OAuthScene.addPeople(["ada"], to: running)
        return running
    }
}
