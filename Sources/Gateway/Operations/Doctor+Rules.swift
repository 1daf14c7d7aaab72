import Identity
import Storage
import Vocabulary

extension Doctor {
    /// Files that are sound each by itself may not go together, and then the gateway does not start.
    func examinePoliciesTogether() -> [Finding] {
        configuration.tenants.compactMap { tenant in
            guard configuration.policies.count(where: { $0.tenant == tenant.slug }) > 1 else { return nil }
            return finding("policies", "the files of tenant \(tenant.slug) go together") {
                _ = try configuration.policyDocuments(of: tenant.slug)
            }
        }
    }

    /// Compiles the roles and policies that the store holds, tenant by tenant. Beside a running server, which is not
    /// disturbed; before the first start there is nothing to compile.
    func examineRules() async -> [Finding] {
        do {
            return try await withReader { reader in
                let source = GovernedSource(keys: reader.keys, settings: configuration.governance)
                return try await reader.read { sql in
                    try sql.tenants().map { tenant in
                        do { try TenantRules.check(tenant.id, sql, source) } catch let rejection
                            as TenantRules.Rejection
                        {
                            return Self.denying(tenant, rejection.fault)
                        }
                        return Finding(
                            subject: "rules of \(tenant.slug)", isGood: true,
                            detail: "roles and policies compile together")
                    }
                }
            }
        } catch let fault as Fault where fault.code == "storage.missing" {
            return []
        } catch {
            return [Finding(subject: "rules", isGood: false, detail: "The store cannot be read: \(error)")]
        }
    }

    private static func denying(_ tenant: Tenant, _ fault: Fault) -> Finding {
        Finding(
            subject: "rules of \(tenant.slug)", isGood: false,
            detail: "This tenant decides nothing, because its roles and policies do not compile. \(fault) Mend it "
                + "beside the running gateway: `gatehouse policy put` or `policy delete`, `gatehouse role change`.")
    }
}
