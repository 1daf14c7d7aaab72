import Authorization
import Foundation
import Storage
import Vocabulary

extension Configuration {
    /// Reads the policy files of a tenant, each named as its file, and compiles them together.
    ///
    /// - Throws: `Fault`s that name the file: `configuration.policy` for one that is not text, what is wrong with a
    ///   document by itself, and `policy.duplicate_id` or `policy.limit` where the files do not go together.
    func policyDocuments(of slug: String) throws -> [TenantRules.Document] {
        let documents = try policies.filter { $0.tenant == slug }.map(Self.document)
        do {
            let rules = try TenantRules(roles: [], documents: documents)
            _ = try rules.index(.init(generation: 0, policyDigest: [], roleDigest: []))
        } catch let rejection as TenantRules.Rejection {
            throw rejection.fault
        }
        return documents
    }

    private static func document(_ policy: PolicyFileConfiguration) throws -> TenantRules.Document {
        guard let data = FileManager.default.contents(atPath: policy.file),
            let text = String(data: data, encoding: .utf8)
        else {
            throw Fault("configuration.policy", .caller, "The policy file \(policy.file) cannot be read as text.")
        }
        let tree: AttributeValue
        do {
            tree = try PolicyService.parse(text)
            _ = try PolicyService.read(tree)
        } catch let fault as Fault {
            throw Fault(fault.code, .caller, "\(policy.file):\n\(fault.message)", remedy: fault.remedy)
        }
        let json = try JSONColumn.text(of: tree)
        return TenantRules.Document(
            name: URL(fileURLWithPath: policy.file).lastPathComponent, json: json, version: 1)
    }
}
