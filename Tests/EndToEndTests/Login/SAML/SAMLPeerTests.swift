import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

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
        let folder = NSTemporaryDirectory() + "pysaml2-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (own, theirs) = (try await MockKeyPair.make(), try await MockKeyPair.make())
        try theirs.key.write(toFile: folder + "/idp.key", atomically: true, encoding: .utf8)
        try theirs.certificate.write(toFile: folder + "/idp.pem", atomically: true, encoding: .utf8)
        let base: [String: Any] = [
            "entity": "https://idp.example/pysaml2", "sso": "https://idp.example/sso", "key": folder + "/idp.key",
            "certificate": folder + "/idp.pem", "wants_signed": true,
        ]
        guard let metadata = try PySAML2.run(base.merging(["step": "metadata"]) { $1 })["metadata"] as? String else {
            throw Fault("test.pysaml2", .ourselves, "There are no metadata.")
        }
        let stage = try await SAMLStage.open(own: own, files: ["idp.xml": metadata])
        let job = PySAML2.Job(base: base, form: form)
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
}

/// The identity provider of `Tests/Interop/saml`, one step a run.
enum PySAML2 {
    struct Job: @unchecked Sendable {
        // Texts and flags alone, which nothing changes.
        let base: [String: Any]
        let form: SAMLPeerTests.Form

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
