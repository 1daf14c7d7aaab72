import Crypto
import Foundation
import Governance
import Storage
import Vocabulary
import Yams

/// A catalogue with the digest of the file it was read from.
public struct CatalogueFile: Sendable {
    public let catalogue: ControlCatalogue
    /// SHA-256 of the file, in hexadecimal.
    public let digest: String
}

/// The catalogues that assessments are made by: those compiled into the program, and the operator's own, which take the
/// place of a shipped one of the same framework.
public struct CatalogueShelf: Sendable {
    /// Files in a folder at most, and bytes of one.
    enum Limits {
        static let files = 64
        static let bytes = 1 << 20
    }

    /// By framework.
    public let all: [CatalogueFile]

    /// Those compiled in, and every `.yaml` file of a folder where one is named.
    ///
    /// - Throws: `configuration.catalogue` naming the file that cannot be read or is no catalogue.
    init(folder: String? = nil) throws {
        var known: [String: CatalogueFile] = [:]
        for (name, bytes) in Self.shipped {
            let file = try CatalogueFile(bytes, name: name)
            known[file.catalogue.framework] = file
        }
        if let folder {
            for path in try Self.files(in: folder) {
                let file = try CatalogueFile(try Self.read(path), name: path)
                known[file.catalogue.framework] = file
            }
        }
        all = known.values.sorted { $0.catalogue.framework < $1.catalogue.framework }
    }

    /// The catalogue of a framework. Throws `not_found`.
    public func file(_ framework: String) throws -> CatalogueFile {
        guard let file = all.first(where: { $0.catalogue.framework == framework }) else {
            throw Fault.notFound("framework")
        }
        return file
    }

    private static var shipped: [(String, [UInt8])] {
        [
            ("soc2.yaml", PackageResources.soc2_yaml), ("hipaa.yaml", PackageResources.hipaa_yaml),
            ("pci_dss.yaml", PackageResources.pci_dss_yaml), ("iso27001.yaml", PackageResources.iso27001_yaml),
            ("gdpr.yaml", PackageResources.gdpr_yaml), ("sox.yaml", PackageResources.sox_yaml),
        ]
    }

    private static func files(in folder: String) throws -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw Self.fault(folder, "cannot be read as a folder.")
        }
        let found = names.filter { $0.hasSuffix(".yaml") }.sorted()
        guard found.count <= Limits.files else { throw fault(folder, "holds more than \(Limits.files) catalogues.") }
        return found.map { "\(folder)/\($0)" }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path), let data = try? file.read(upToCount: Limits.bytes + 1)
        else { throw fault(path, "cannot be read.") }
        try? file.close()
        guard data.count <= Limits.bytes else { throw fault(path, "has more than \(Limits.bytes) bytes.") }
        return [UInt8](data)
    }

    fileprivate static func fault(_ name: String, _ what: String) -> Fault {
        Fault("configuration.catalogue", .caller, "The catalogue \(name) \(what)")
    }
}

extension CatalogueFile {
    /// Reads one file.
    init(_ bytes: [UInt8], name: String) throws {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CatalogueShelf.fault(name, "is not UTF-8.")
        }
        let tree: AttributeValue
        do {
            guard let node = try Yams.compose(yaml: text) else { throw CatalogueShelf.fault(name, "is empty.") }
            tree = try YAMLTree.value(of: node)
        } catch let fault as Fault {
            throw CatalogueShelf.fault(name, "is no catalogue. \(fault.message)")
        } catch {
            throw CatalogueShelf.fault(name, "is not YAML: \(error)")
        }
        do throws(GovernanceError) { catalogue = try ControlCatalogue(document: tree) } catch {
            throw CatalogueShelf.fault(name, "is no catalogue. \(error.fault.message)")
        }
        digest = Hex.text(SHA256.hash(data: bytes))
    }
}
