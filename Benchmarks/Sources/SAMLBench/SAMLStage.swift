import BenchTable
import Foundation
import SAML

/// An identity provider and a service with keys of this run, and a response of the usual size.
struct SAMLStage {
    let key: SAMLSigningKey
    let keyPEM: String
    let certificatePEM: String
    let decryption: SAMLDecryptionKey
    let response: XMLElement
    let signed: [UInt8]
    private let encrypted: [UInt8]
    private let folder: URL

    static let issuer = "https://idp.example.org/metadata", audience = "https://sp.example.org/metadata"
    static let recipient = "https://sp.example.org/saml/acs", request = "_request1"
    static let now = SAMLTime(seconds: 1_795_262_400)

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("saml-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        (keyPEM, certificatePEM) = try Self.pair(["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], in: folder)
        key = try SAMLSigningKey(pem: keyPEM, certificate: certificatePEM)
        decryption = try SAMLDecryptionKey(pem: keyPEM)
        let assertion = Self.assertion
        response = Self.response(around: assertion)
        signed = try SAMLSignatures.sign(
            response, parts: [.child(XMLName(XMLNamespace.assertion, "Assertion"))], with: key)
        let sealed = try SAMLEncryption.encrypt(
            try SAMLSignatures.sign(assertion, with: key), as: .assertion, for: key.verificationKey)
        encrypted = try XMLWriter.bytes(of: Self.response(around: sealed))
    }

    private var expectation: ResponseExpectation {
        expectation(keys: [key.verificationKey], decryptionKeys: [decryption])
    }

    func expectation(keys: [SAMLVerificationKey], decryptionKeys: [SAMLDecryptionKey]) -> ResponseExpectation {
        ResponseExpectation(
            issuer: Self.issuer, keys: keys, audience: Self.audience, recipient: Self.recipient,
            request: .answers(Self.request), decryptionKeys: decryptionKeys, now: Self.now)
    }

    /// All that a response goes through at the assertion consumer: base64, parsing, signature, reading again, checks.
    func judge() throws -> VerifiedAssertion {
        try UnverifiedResponse(base64: Self.encoded(signed)).verified(by: expectation)
    }

    func judgeEncrypted() throws -> VerifiedAssertion {
        try UnverifiedResponse(base64: Self.encoded(encrypted)).verified(by: expectation)
    }

    func issue() throws -> [UInt8] {
        try SAMLSignatures.sign(
            Self.response(around: Self.assertion), parts: [.child(XMLName(XMLNamespace.assertion, "Assertion"))],
            with: key)
    }

    /// To be called at the end.
    func close() { try? FileManager.default.removeItem(at: folder) }

    func refuse(_ bytes: [UInt8]) { _ = UnverifiedResponse(bytes).judged(by: expectation) }

    /// The encrypted response with another byte in the wrapped key, or in the content, as often as is asked.
    func changedCiphertexts(inKey: Bool, _ count: Int) throws -> [[UInt8]] {
        let text = String(decoding: encrypted, as: UTF8.self)
        let marks = (open: "<xenc:CipherValue>", close: "</xenc:CipherValue>")
        // The key stands in the KeyInfo, before the content.
        let starts = text.ranges(of: marks.open).map(\.upperBound),
            ends = text.ranges(of: marks.close).map(\.lowerBound)
        guard starts.count == 2, ends.count == 2 else { throw BenchFailure("the response has not two ciphertexts") }
        let range = inKey ? starts[0]..<ends[0] : starts[1]..<ends[1]
        guard let bytes = SAMLBase64.decode(String(text[range])) else { throw BenchFailure("no base64") }
        return (0..<count).map { round in
            var changed = bytes
            changed[(round * 7_919 + 1) % bytes.count] ^= UInt8(1 + round % 255)
            return Array((text[..<range.lowerBound] + SAMLBase64.encode(changed) + text[range.upperBound...]).utf8)
        }
    }

    private static func encoded(_ bytes: [UInt8]) -> String { SAMLBase64.encode(bytes) }

    var malformed: [(String, [UInt8])] {
        [
            ("a response cut short", Array(signed.dropLast(40))),
            ("a response with a document type", Array("<!DOCTYPE r>".utf8) + signed),
            ("a response that nobody signed", (try? XMLWriter.bytes(of: response)) ?? []),
            ("bytes that are no document", Array(repeating: 0x41, count: 4_096)),
        ]
    }

    /// For the peer: the message and what it is compared with, in a folder that goes afterwards.
    func run(_ program: String, _ arguments: [String]) throws -> String {
        try Data(SAMLBase64.encode(signed).utf8).write(to: folder.appendingPathComponent("response.b64"))
        try Data(certificatePEM.utf8).write(to: folder.appendingPathComponent("c.pem"))
        return try Self.run(
            program, arguments + [folder.path, Self.issuer, Self.audience, Self.recipient, Self.request])
    }

    /// A key of the openssl command's, with a certificate.
    private static func pair(_ algorithm: [String], in folder: URL) throws -> (key: String, certificate: String) {
        let file = folder.appendingPathComponent("key-\(UUID().uuidString)").path, certificate = file + ".pem"
        _ = try run("/usr/bin/env", ["openssl", "genpkey", "-quiet", "-algorithm"] + algorithm + ["-out", file])
        _ = try run(
            "/usr/bin/env",
            ["openssl", "req", "-x509", "-key", file, "-subj", "/CN=idp", "-days", "1", "-out", certificate])
        return (
            try String(contentsOfFile: file, encoding: .utf8), try String(contentsOfFile: certificate, encoding: .utf8)
        )
    }

    func keyPair(_ algorithm: [String]) throws -> HostileKeys.KeyPair {
        let pair = try Self.pair(algorithm, in: folder)
        return HostileKeys.KeyPair(
            decryption: algorithm[0] == "RSA" ? try SAMLDecryptionKey(pem: pair.key) : nil,
            verification: try SAMLVerificationKey(pem: pair.certificate))
    }

    func signingKey(_ algorithm: [String]) throws -> SAMLSigningKey {
        try SAMLSigningKey(pem: Self.pair(algorithm, in: folder).key)
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process(), output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}

extension SAMLStage {
    private static func saml(_ local: String, _ attributes: [XMLAttribute] = [], _ inside: [XMLElement] = [])
        -> XMLElement
    {
        XMLElement(XMLNamespace.assertion, local, attributes, inside)
    }

    static var assertion: XMLElement {
        let time = now.description, later = now.adding(seconds: 300).description
        let confirmation = saml(
            "SubjectConfirmation", [XMLAttribute("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer")],
            [
                saml(
                    "SubjectConfirmationData",
                    [
                        XMLAttribute("NotOnOrAfter", later), XMLAttribute("Recipient", recipient),
                        XMLAttribute("InResponseTo", request),
                    ])
            ])
        let attributes = (1...8).map { number in
            saml(
                "Attribute",
                [
                    XMLAttribute("Name", "urn:oid:1.3.6.1.4.1.5923.1.1.1.\(number)"),
                    XMLAttribute("NameFormat", "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"),
                ],
                [
                    XMLElement(XMLNamespace.assertion, "AttributeValue", text: "value number \(number)")
                ])
        }
        return saml(
            "Assertion",
            [XMLAttribute("ID", "_assertion1"), XMLAttribute("Version", "2.0"), XMLAttribute("IssueInstant", time)],
            [
                XMLElement(XMLNamespace.assertion, "Issuer", text: issuer),
                saml(
                    "Subject", [],
                    [XMLElement(XMLNamespace.assertion, "NameID", text: "alice@example.org"), confirmation]),
                saml(
                    "Conditions", [XMLAttribute("NotBefore", time), XMLAttribute("NotOnOrAfter", later)],
                    [
                        saml(
                            "AudienceRestriction", [], [XMLElement(XMLNamespace.assertion, "Audience", text: audience)])
                    ]),
                saml(
                    "AuthnStatement", [XMLAttribute("AuthnInstant", time), XMLAttribute("SessionIndex", "_s1")],
                    [
                        saml(
                            "AuthnContext", [],
                            [
                                XMLElement(
                                    XMLNamespace.assertion, "AuthnContextClassRef",
                                    text: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport")
                            ])
                    ]),
                saml("AttributeStatement", [], attributes),
            ])
    }

    static func response(around inside: XMLElement) -> XMLElement {
        XMLElement(
            XMLNamespace.protocols, "Response",
            [
                XMLAttribute("ID", "_response1"), XMLAttribute("Version", "2.0"),
                XMLAttribute("IssueInstant", now.description),
                XMLAttribute("Destination", recipient), XMLAttribute("InResponseTo", request),
            ],
            [
                XMLElement(XMLNamespace.assertion, "Issuer", text: issuer),
                XMLElement(
                    XMLNamespace.protocols, "Status", [],
                    [
                        XMLElement(
                            XMLNamespace.protocols, "StatusCode",
                            [XMLAttribute("Value", "urn:oasis:names:tc:SAML:2.0:status:Success")])
                    ]), inside,
            ])
    }
}
