import ArgumentParser
import Foundation
import HTTPAPI
import SAML
import Vocabulary

extension SAMLCommand {
    struct Metadata: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what metadata says: entities, roles, keys, endpoints, bounds, and what is wrong with it.",
            discussion: """
                --key says by which keys the root's signature is verified, and the metadata is then judged as a source's \
                would be: signed, with a validUntil that has not passed and is not too far ahead. Without --key nothing \
                is said of trust, and nothing here is a reason to trust it.
                """)
        @Argument(help: "The file; - is standard input.") var file: String
        @Option(
            name: .long, parsing: .upToNextOption,
            help: "PEM files with the keys or certificates of whoever publishes it.")
        var key: [String] = []
        @Option(help: "Only this entity.") var entity: String?
        @Option(help: "The time to judge by, such as 2026-11-21T23:00:00Z; now without it.") var now: String?
        @Option(help: "Days that validUntil may lie ahead, where --key is given.") var longestValidity: Int64 = 14
        @Flag(help: "For machines.") var json = false

        func validate() throws {
            guard now.map({ SAMLTime($0) != nil }) ?? true else {
                throw ValidationError("--now is a time such as 2026-11-21T23:00:00Z.")
            }
            guard (1...3_650).contains(longestValidity) else {
                throw ValidationError("--longest-validity is a number of days from 1 to 3650.")
            }
        }

        func run() throws {
            let bytes = try SAMLFiles.read(file)
            let keys = try key.flatMap { try SAMLFiles.verificationKeys($0) }
            let time = now.flatMap { SAMLTime($0) }?.microseconds ?? Int64(Date().timeIntervalSince1970 * 1_000_000)
            let look = try MetadataLook(bytes, keys: keys, longestDays: longestValidity, now: time / 1_000_000)
            let shown = try look.report(only: entity)
            if json { Console.line(CanonicalJSON.encode(shown.json)) } else { Console.raw(shown.text) }
            guard look.isTaken else { throw CommandRefusal() }
        }
    }
}

/// Metadata as it was read, and what would become of it.
struct MetadataLook {
    let document: MetadataDocument
    /// Nil where no key was given.
    let verdict: MetadataVerdict?
    let signature: String
    let now: Int64

    var isTaken: Bool {
        guard case .refused = verdict else { return true }
        return false
    }

    /// - Throws: `CommandRefusal` for what is no metadata, with everything that is wrong.
    init(_ bytes: [UInt8], keys: [SAMLVerificationKey], longestDays: Int64, now: Int64) throws {
        self.now = now
        do {
            let root: XMLElement
            (root, signature) = try Self.root(bytes, keys)
            document = try MetadataDocument(reading: root)
        } catch let faults as MetadataFaults {
            throw CommandRefusal(faults.faults.prefix(20).map { Console.plain($0.description) }.joined(separator: "\n"))
        } catch let error as SAMLError {
            throw CommandRefusal("The metadata cannot be read: \(Console.plain(error.detail)).")
        }
        let seen: MetadataSignature = signature == "verified" ? .verified : signature == "none" ? .none : .invalid
        verdict =
            keys.isEmpty
            ? nil
            : document.verdict(
                signature: seen, replacing: nil, policy: MetadataPolicy(longestValidity: longestDays * 86_400), now: now
            )
    }

    /// What is shown of signed metadata is what was signed.
    private static func root(_ bytes: [UInt8], _ keys: [SAMLVerificationKey]) throws -> (XMLElement, String) {
        let read = try XMLReader.parse(bytes, limits: .metadata)
        let isSigned = read.child(XMLNamespace.signature, "Signature") != nil
        guard !keys.isEmpty, isSigned else { return (read, isSigned ? "not looked at" : "none") }
        do {
            return (try SAMLSignatures.verify(bytes, keys: keys, limits: .metadata), "verified")
        } catch let error as SAMLError {
            return (read, "refused (\(error.reason.rawValue))")
        }
    }

    /// - Throws: `CommandRefusal` for an entity that is not there.
    func report(only name: String?) throws -> MetadataReport {
        guard let name else { return MetadataReport(look: self, entities: Array(document.all)) }
        guard let entity = document[name] else {
            throw CommandRefusal("The metadata has no entity \(Console.plain(name)) that can be used.")
        }
        return MetadataReport(look: self, entities: [entity])
    }
}
