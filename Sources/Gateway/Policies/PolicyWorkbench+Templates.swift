import Governance
import Storage
import Vocabulary

/// A template, and where it comes from.
public struct PolicyTemplateView: Sendable {
    public let template: PolicyTemplate
    /// Nil for one that comes with the gateway.
    public let id: PolicyTemplateID?
    /// 0 for one that comes with the gateway.
    public let version: Int64
    public let updatedAt: Timestamp?

    /// Whether it comes with the gateway, and cannot be changed.
    public var isBuiltIn: Bool { id == nil }
}

extension PolicyWorkbench {
    /// Templates that a tenant may have of its own.
    public static let templateLimit = 500

    /// The templates that come with the gateway, by name.
    public static let builtInTemplates: [PolicyTemplate] = {
        let text = String(decoding: PackageResources.policy_templates_yaml, as: UTF8.self)
        let tree = try? PolicyService.parse(text)
        return (tree?["templates"]?.list ?? []).compactMap { try? PolicyTemplate($0) }.sorted { $0.key < $1.key }
    }()

    /// Every template there is, by name: those of the gateway, and the tenant's own that are in use. One of the tenant
    /// takes the place of one of the gateway that has its name.
    public func templates(in tenant: TenantID) async throws -> [PolicyTemplateView] {
        let own = try await store.ask(tenant, now: clock()) { try Self.own($0) }
        let names = Set(own.map(\.template.key))
        let builtIn = Self.builtInTemplates.filter { !names.contains($0.key) }
            .map { PolicyTemplateView(template: $0, id: nil, version: 0, updatedAt: nil) }
        return (own + builtIn).sorted { $0.template.key < $1.template.key }
    }

    /// The template of this name. Throws `not_found`.
    public func template(named name: String, in tenant: TenantID) async throws -> PolicyTemplateView {
        guard let found = try await templates(in: tenant).first(where: { $0.template.key == name }) else {
            throw Fault.notFound("policy template")
        }
        return found
    }

    /// The draft that a template makes of values. Throws `governance.rejected` with every fault of the values.
    public func draft(
        of name: String, _ values: [String: AttributeValue], in tenant: TenantID
    ) async throws -> PolicyDraft {
        let view = try await template(named: name, in: tenant)
        return try refusing { try view.template.draft(values) }
    }

    /// Saves a template of the tenant's own under the name in it, new or in place of its present one.
    ///
    /// - Parameter version: the version that the caller has seen; 0 for one that must be new, nil for whatever is there.
    /// - Throws: `governance.rejected` with every fault of the document, `stale`, and `governance.too_many_templates`.
    public func saveTemplate(
        _ document: AttributeValue, expecting version: Int64? = nil, by caller: Caller
    ) async throws -> PolicyTemplateView {
        let template = try refusing { try PolicyTemplate(document) }
        let stored = try await store.govern(by: caller) { writer in
            let own = try Self.own(writer.view)
            let present = own.first { $0.template.key == template.key }
            if let version, version != present?.version ?? 0 { throw Fault.stale("policy template") }
            guard present != nil || own.count < Self.templateLimit else {
                throw Fault.invalid("A tenant has at most \(Self.templateLimit) templates of its own.")
            }
            let id = present?.id ?? .random(at: writer.now)
            let stream = Governed.policyTemplate(id)
            let loaded = try writer.view.load(stream)
            let events = try StoredTemplate.saving(template, as: id, over: loaded.state)
            return try EntitlementService.present(writer.write(events, to: loaded, of: stream, row: GovernedRow.init))
        }
        return PolicyTemplateView(
            template: template, id: stored.id, version: stored.version, updatedAt: stored.updatedAt)
    }

    /// Takes a template of the tenant's own out of use; drafts made of it stay. Throws `not_found` for one that is not
    /// there, or comes with the gateway.
    public func retireTemplate(named name: String, expecting version: Int64? = nil, by caller: Caller) async throws {
        try await store.govern(by: caller) { writer in
            guard let id = try Self.own(writer.view).first(where: { $0.template.key == name })?.id else {
                throw Fault.notFound("policy template of this tenant")
            }
            _ = try writer.change(
                Governed.policyTemplate(id), "policy template", expecting: version, row: GovernedRow.init
            ) { _ in [.retired] }
        }
    }

    private static func own(_ view: GovernedView) throws -> [PolicyTemplateView] {
        let stored: [StoredTemplate] = try view.page(
            GovernedFilter(state: "in_use"), GovernedPart(limit: templateLimit), Governed.policyTemplate)
        return stored.compactMap { one in
            // What was saved before a bound was lowered is left out rather than standing in the way of the rest.
            guard let template = try? PolicyTemplate(one.document) else { return nil }
            return PolicyTemplateView(template: template, id: one.id, version: one.version, updatedAt: one.updatedAt)
        }
    }
}
