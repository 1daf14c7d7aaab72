import ArgumentParser
import Foundation
import HTTPAPI
@_spi(SAMLDebugging) import SAML
import Vocabulary

struct SAMLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "saml", abstract: "Applications that speak SAML; messages and metadata, and why one was refused.",
        subcommands: [Application.self, Verify.self, VerifyRedirect.self, Metadata.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Holds a message to what a service would hold it to, and says what came of each check.",
            discussion: """
                What is not given is not compared: without --acs-url, for example, nothing is said about the destination. \
                --policy legacy believes old algorithms (SHA-1, RSA 1,024, CBC, RSA-1_5) too; the service never does.
                """)
        @Argument(help: "The message, as it was sent or as XML; - is standard input.") var file: String?
        @Option(help: "A manifest of messages with their settings, all of which are looked at.") var batch: String?
        @Option(help: "How it is written: xml, base64 or base64+deflate. Seen from the file where it is not said.")
        var encoding: SAMLInspection.Encoding?
        @Option(help: "What it is: response, assertion, authn_request, logout_request, logout_response or metadata.")
        var kind: SAMLInspection.Kind = .response
        @OptionGroup var settings: SAMLSettingOptions
        @Flag(help: "For machines.") var json = false

        func validate() throws {
            guard (file == nil) != (batch == nil) else {
                throw ValidationError("One of FILE and --batch MANIFEST has to be given.")
            }
            guard batch == nil || settings.isUntouched else {
                throw ValidationError("Beside --batch the settings come from the manifest; only --policy is taken.")
            }
        }

        func run() throws {
            if let batch { return try SAMLBatch(manifest: batch, policy: settings.policy).run(json: json) }
            let bytes = try SAMLFiles.read(file ?? "-")
            var inspection = try settings.inspection(kind)
            inspection.encoding = encoding ?? SAMLFiles.encoding(of: bytes)
            try SAMLReport(inspection.look(at: bytes), inspection).show(json: json)
        }
    }

    struct VerifyRedirect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verifies the signature of a redirect's query, and the message in it.")
        @Argument(help: "The query as it came, or the whole address; - is standard input.") var query: String
        @OptionGroup var settings: SAMLSettingOptions
        @Flag(help: "For machines.") var json = false

        func run() throws {
            let read = query == "-" ? String(decoding: try SAMLFiles.read("-"), as: UTF8.self) : query
            let text = read.split(separator: "?", maxSplits: 1).last.map(String.init) ?? read
            var inspection = try settings.inspection(.redirectQuery)
            inspection.encoding = .query
            try SAMLReport(inspection.look(at: Array(text.utf8)), inspection).show(json: json)
        }
    }
}

/// What a message is compared with.
struct SAMLSettingOptions: ParsableArguments {
    @Option(parsing: .upToNextOption, help: "The other side's certificates or public keys, as PEM files.")
    var idpCert: [String] = []
    @Option(help: "The other side's entity id.") var idpEntityId: String?
    @Option(help: "Our entity id.") var spEntityId: String?
    @Option(help: "The address that the message came to.") var acsUrl: String?
    @Option(help: "The request that it is to answer.") var requestId: String?
    @Option(help: "The time to judge by, such as 2026-11-21T23:00:00Z; now without it.") var now: String?
    @Option(help: "Seconds that clocks may differ, 0 to 300.") var clockSkew: Int64 = ResponseExpectation.usualClockSkew
    @Option(parsing: .upToNextOption, help: "Our private keys for decryption, as PEM files.") var key: [String] = []
    @Option(help: "strict, as the service, or legacy.") var policy: SAMLPolicyName = .strict

    var isUntouched: Bool {
        idpCert.isEmpty && key.isEmpty && idpEntityId == nil && spEntityId == nil && acsUrl == nil && requestId == nil
            && now == nil
    }

    func validate() throws {
        guard (0...ResponseExpectation.clockSkewLimit).contains(clockSkew) else {
            throw ValidationError("--clock-skew is a number from 0 to \(ResponseExpectation.clockSkewLimit).")
        }
        guard now.map({ SAMLTime($0) != nil }) ?? true else {
            throw ValidationError("--now is a time such as 2026-11-21T23:00:00Z.")
        }
    }

    func inspection(_ kind: SAMLInspection.Kind) throws -> SAMLInspection {
        var inspection = SAMLInspection(kind: kind)
        inspection.keys = try idpCert.flatMap { try SAMLFiles.verificationKeys($0) }
        inspection.decryptionKeys = try key.map { try SAMLFiles.decryptionKey($0) }
        inspection.issuer = idpEntityId
        inspection.audience = spEntityId
        inspection.recipient = acsUrl
        inspection.request = requestId.map { .answers($0) } ?? .notCompared
        inspection.now = now.flatMap { SAMLTime($0) } ?? SAMLTime(seconds: Int64(Date().timeIntervalSince1970))
        inspection.clockSkew = clockSkew
        inspection.policy = policy.policy
        return inspection
    }
}

/// The two policies by name.
enum SAMLPolicyName: String, ExpressibleByArgument, CaseIterable {
    case strict
    case legacy

    var policy: SAMLAlgorithmPolicy {
        switch self {
        case .strict: .strict
        case .legacy: .legacy
        }
    }
}

extension SAMLInspection.Kind: ExpressibleByArgument {}
extension SAMLInspection.Encoding: ExpressibleByArgument {}
