import Foundation
import HTTPAPI
@_spi(SAMLDebugging) import SAML
import Vocabulary

/// A manifest of messages, each with its settings and, for people to compare with, the verdict it should have.
///
/// Where a setting is absent, it is not compared. A message whose manifest says that its signature was on the query of a
/// redirect (logout messages that are not tagged `case:unsigned`) is looked at as one that was verified there.
struct SAMLBatch {
    private let folder: URL
    private let manifest: Manifest
    private let policy: SAMLPolicyName

    /// A case and what came of it.
    struct Outcome {
        let item: Manifest.Case
        /// nil where a key cannot be read, which proves nothing to anybody.
        let finding: SAMLFinding?
        let fault: String?

        var verdict: String { finding?.isAccepted == true ? "accept" : "reject" }
        var reasons: [String] { finding?.reasons ?? [SAMLError.Reason.key.rawValue] }
    }

    /// - Throws: `CommandRefusal` for a manifest that cannot be read.
    init(manifest path: String, policy: SAMLPolicyName) throws {
        let bytes = try SAMLFiles.read(path)
        folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        self.policy = policy
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            manifest = try decoder.decode(Manifest.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw CommandRefusal("\(path) is no manifest: \(Self.place(of: error)).")
        }
    }

    private static func place(of error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")) has no \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is not what it should be"
        @unknown default: "it cannot be decoded"
        }
    }

    /// Looks at every case, in order.
    ///
    /// - Throws: `CommandRefusal` for a message that is not there, or of a kind that is not known.
    func outcomes() throws -> [Outcome] { try manifest.cases.map(outcome) }

    /// Prints what came of each case.
    func run(json: Bool) throws {
        let outcomes = try outcomes()
        json ? Console.line(CanonicalJSON.encode(Self.json(outcomes))) : Console.line(text(outcomes))
    }

    private func outcome(_ item: Manifest.Case) throws -> Outcome {
        var (inspection, bytes) = try loaded(item)
        do {
            try loadKeys(of: item, into: &inspection)
        } catch let refusal as CommandRefusal {
            return Outcome(item: item, finding: nil, fault: refusal.message)
        }
        return Outcome(item: item, finding: inspection.look(at: bytes), fault: nil)
    }

    /// A case's bytes, and how they are looked at, but for the keys.
    func loaded(_ item: Manifest.Case) throws -> (SAMLInspection, [UInt8]) {
        (try inspection(item), try SAMLFiles.read(folder.appendingPathComponent(item.file).path))
    }

    func loadKeys(of item: Manifest.Case, into inspection: inout SAMLInspection) throws {
        inspection.keys = try (item.settings.idpCerts ?? []).flatMap {
            try SAMLFiles.verificationKeys(folder.appendingPathComponent($0).path)
        }
        inspection.decryptionKeys = try (item.settings.spDecryptionKeys ?? []).map {
            try SAMLFiles.decryptionKey(folder.appendingPathComponent($0).path)
        }
    }

    private func inspection(_ item: Manifest.Case) throws -> SAMLInspection {
        guard let kind = SAMLInspection.Kind(rawValue: item.kind) else {
            throw CommandRefusal("\(item.id): `\(item.kind)` is no kind of message.")
        }
        guard let encoding = SAMLInspection.Encoding(rawValue: item.encoding ?? "xml") else {
            throw CommandRefusal("\(item.id): `\(item.encoding ?? "")` is no encoding.")
        }
        let settings = item.settings
        var inspection = SAMLInspection(kind: kind, encoding: encoding)
        inspection.issuer = settings.idpEntityId
        inspection.audience = settings.audience
        inspection.recipient = settings.acsUrl
        inspection.request = settings.request
        inspection.now = try settings.now.map {
            guard let time = SAMLTime($0) else { throw CommandRefusal("\(item.id): `now` is no time.") }
            return time
        }
        inspection.policy = policy.policy
        let isLogout = kind == .logoutRequest || kind == .logoutResponse
        inspection.isSignedOutside = isLogout && !(item.tags ?? []).contains("case:unsigned")
        return inspection
    }

    static func json(_ outcomes: [Outcome]) -> AttributeValue {
        let cases = outcomes.map { outcome in
            AttributeValue.object([
                "id": .string(outcome.item.id), "verdict": .string(outcome.verdict),
                "reasons": .list(outcome.reasons.filter { _ in outcome.verdict != "accept" }.map { .string($0) }),
                "nameid": outcome.finding?.nameID.map { .string($0.value) } ?? .null,
            ])
        }
        return .object(["cases": .list(cases)])
    }

    private func text(_ outcomes: [Outcome]) -> String {
        var table = Table(["VERDICT", "EXPECTED", "REASONS", "CASE"])
        for outcome in outcomes {
            let expected = outcome.item.expected(policy) ?? "–"
            table.add([
                outcome.verdict, expected == outcome.verdict ? "same" : expected,
                outcome.fault ?? outcome.finding?.reasons.joined(separator: " ") ?? "", outcome.item.id,
            ])
        }
        let accepted = outcomes.filter { $0.verdict == "accept" }.count
        return table.text + "\n\n\(outcomes.count) messages, \(accepted) accepted."
    }
}

/// The manifest's own words.
struct Manifest: Decodable {
    let cases: [Case]

    struct Case: Decodable {
        let id: String
        let file: String
        let encoding: String?
        let kind: String
        let tags: [String]?
        let verdict: String?
        let verdictStrict: String?
        let reasons: [String]?
        let expectNameid: String?
        let settings: Settings

        func expected(_ policy: SAMLPolicyName) -> String? { policy == .legacy ? verdict : verdictStrict }
    }

    struct Settings: Decodable {
        let idpCerts: [String]?
        let spDecryptionKeys: [String]?
        let idpEntityId: String?
        let audience: String?
        let acsUrl: String?
        let requestId: String?
        let allowUnsolicited: Bool?
        let checkIrt: Bool?
        let now: String?

        var request: ResponseExpectation.Request {
            guard checkIrt != false else { return .notCompared }
            guard let requestId else { return .unsolicited }
            return allowUnsolicited == true ? .answersOrUnsolicited(requestId) : .answers(requestId)
        }
    }
}
