import Authorization
import Identity
import Storage
import Vocabulary

/// The part of a tenant's authorization that can be at fault: its roles and its policy documents, read together.
///
/// Documents that are sound each by itself may not go together: one id in two of them, or more attributes than an index
/// has slots for. So what is about to be committed is compiled whole, and not the document alone that was handed in.
struct TenantRules {
    /// A policy document as the store holds it.
    struct Document: Equatable {
        let name: String
        let json: String
        let version: Int64
    }

    /// What compiling reads. Equal sources compile alike, so what was compiled elsewhere need not be compiled again.
    struct Source: Equatable {
        let roles: [Role]
        let documents: [Document]

        init(of tenant: TenantID, from sql: any SQLConnection) throws {
            roles = try sql.roles(in: tenant)
            documents = try sql.policyDocuments(in: tenant).map {
                Document(name: $0.name, json: $0.document, version: $0.version)
            }
        }

        /// The same roles with other documents.
        init(roles: [Role], documents: [Document]) { (self.roles, self.documents) = (roles, documents) }
    }

    /// Thrown for rules that do not compile, and for nothing else: neither for what the store nor for what a change
    /// itself refuses.
    struct Rejection: Error, CustomStringConvertible {
        /// What is wrong, in which document, and its cure.
        let fault: Fault

        var description: String { fault.description }

        /// The same, to whoever asked for the change that is not made.
        var refusal: Fault {
            Fault(fault.code, fault.culprit, "\(fault.message) Nothing was stored.", remedy: fault.remedy)
        }
    }

    let roles: [Role]
    let graph: RoleGraph
    let policies: [Policy]
    private let documents: [String]

    /// Reads what the store holds.
    ///
    /// - Throws: `Rejection` for a document that no longer reads, a policy that stands twice and a role past a limit.
    init(of tenant: TenantID, from sql: any SQLConnection) throws {
        try self.init(Source(of: tenant, from: sql))
    }

    /// - Throws: as above.
    init(_ source: Source) throws { try self.init(roles: source.roles, documents: source.documents) }

    /// - Throws: as above.
    init(roles: [Role], documents: [Document]) throws {
        self.roles = roles
        self.documents = documents.map(\.name)
        do { graph = try RoleGraph(roles.map(Self.definition)) } catch let fault as Fault {
            throw Rejection(fault: Fault(fault.code, .caller, Self.sentence(fault.message), remedy: fault.remedy))
        }
        var places: [String: String] = [:]
        var policies: [Policy] = []
        for document in documents {
            for policy in try Self.policies(document) {
                if let place = places.updateValue(document.name, forKey: policy.id) {
                    throw Self.twice(policy.id, place, document.name)
                }
                policies.append(policy)
            }
        }
        self.policies = policies
    }

    /// Compiles.
    ///
    /// - Throws: `Rejection` past a limit of the index, and for a pattern that does not compile.
    func index(_ stamp: IndexStamp) throws -> PolicyIndex {
        do { return try PolicyIndex(policies: policies, roles: graph, stamp: stamp) } catch let fault as Fault {
            let names = documents.prefix(Self.namesShown).joined(separator: ", ")
            let more = documents.count > Self.namesShown ? " and \(documents.count - Self.namesShown) more" : ""
            throw Rejection(
                fault: Fault(
                    fault.code, .caller, "\(Self.sentence(fault.message)) Read together were: \(names)\(more).",
                    remedy: fault.remedy))
        }
    }

    /// Reads and compiles, and keeps nothing.
    ///
    /// - Parameter policyLimit: policies that all documents may hold together.
    /// - Throws: `Rejection`, and what the store throws.
    static func check(
        _ tenant: TenantID, _ sql: any SQLConnection, _ source: GovernedSource, policyLimit: Int = .max
    ) throws {
        let rules = try check(Source(of: tenant, from: sql), policyLimit: policyLimit)
        _ = try GovernedRules(of: tenant, from: sql, source, isCommitted: false).book(rules.graph, 0)
    }

    /// Compiles what was read of roles and documents, and answers it read.
    ///
    /// - Throws: `Rejection`.
    static func check(_ source: Source, policyLimit: Int = .max) throws -> TenantRules {
        let rules = try Self(source)
        guard rules.policies.count <= policyLimit else {
            throw Rejection(
                fault: Fault(
                    "policy.limit", .caller,
                    "The tenant would have \(rules.policies.count) policies; it may have \(policyLimit).",
                    remedy: "Delete some, or raise limits.policies_per_tenant."))
        }
        _ = try rules.index(IndexStamp(generation: 0, policyDigest: [], roleDigest: []))
        return rules
    }

    /// Documents that a message names at most.
    private static let namesShown = 8

    private static func twice(_ id: String, _ first: String, _ second: String) -> Rejection {
        let place = first == second ? "in \(first)" : "in \(first) and in \(second)"
        return Rejection(
            fault: Fault("policy.duplicate_id", .caller, "Policy \(id) stands twice: \(place).", remedy: "Rename one."))
    }

    private static func policies(_ document: Document) throws -> [Policy] {
        do {
            let tree = try JSONColumn.decode(AttributeValue.self, document.json)
            return try PolicyDocument(tree).policies.map { policy in
                var policy = policy
                policy.version = Int32(clamping: document.version)
                return policy
            }
        } catch {
            throw Rejection(
                fault: Fault(
                    "policy.invalid", .caller, "Document \(document.name) does not read: \(error)",
                    remedy: "Put it anew, or delete it."))
        }
    }

    private static func definition(_ role: Role) -> RoleDefinition {
        RoleDefinition(
            id: role.id, name: role.name, parents: role.parents,
            permissions: role.permissions.map {
                Permission($0.action, on: $0.resourceType, matching: $0.pattern)
            })
    }

    private static func sentence(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst() + (text.hasSuffix(".") ? "" : ".")
    }
}
