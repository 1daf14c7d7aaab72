import Authorization
import Governance
import Identity
import Storage
import Vocabulary
import Yams

extension PolicyWorkbench {
    /// Everything wrong with a document as it is typed, or else everything that is probably not meant, with line and
    /// column. Held to the roles, groups and time zones that are there. Never throws for what is typed.
    ///
    /// - Parameter actions: what can be done here, by resource type, for the types of the gateway itself.
    public func review(
        _ text: String, actions: [String: Set<String>] = [:], in tenant: TenantID
    ) async throws -> PolicyReviewResult {
        Self.review(text, known: try await known(actions, in: tenant))
    }

    /// The same without a gateway: what can be said of the document by itself.
    public static func review(_ text: String, known: KnownWords = KnownWords()) -> PolicyReviewResult {
        let places: DocumentPlaces
        let tree: AttributeValue
        do {
            tree = try PolicyService.parse(text)
            places = DocumentPlaces(text)
        } catch {
            return unreadable(error, text)
        }
        let style = DraftStyle(of: tree)
        let findings = style == .document ? document(tree, known) : PolicyDraft.review(tree, known: known)
        return PolicyReviewResult(
            style: style,
            findings: findings.map { finding in
                let mark = places.mark(of: style == .rule ? Self.withoutRule(finding.path) : finding.path)
                return PlacedFinding(finding: finding, line: mark?.line, column: mark?.column)
            })
    }

    /// A rule by itself calls its root `rule`, which is not in the text.
    private static func withoutRule(_ path: String) -> String {
        path.hasPrefix("rule.") ? String(path.dropFirst("rule.".count)) : path
    }

    private static func unreadable(_ error: any Error, _ text: String) -> PolicyReviewResult {
        let fault = error as? Fault ?? Fault("policy.not_yaml", .caller, "The document cannot be read.")
        let mark = DocumentPlaces.mark(ofBreak: text)
        let finding = ReviewFinding(
            .error, "document", "not_yaml", fault.message, fault.remedy ?? "Write YAML or JSON")
        return PolicyReviewResult(
            style: nil, findings: [PlacedFinding(finding: finding, line: mark?.line, column: mark?.column)])
    }

    /// A policy document, by the words of its own reader and of its own lint.
    private static func document(_ tree: AttributeValue, _ known: KnownWords) -> [ReviewFinding] {
        do {
            let document = try PolicyDocument(tree)
            let names = KnownNames(
                roles: known.roles.map { Set($0) }, groups: known.groups.map { Set($0) }, actions: known.actions)
            return PolicyLint.findings(document.policies, known: names).map { finding in
                let number = document.policies.firstIndex { $0.id == finding.policy } ?? 0
                return ReviewFinding(
                    .warning, "policies[\(number)]", finding.code.rawValue, finding.message, "Mend it, or leave it")
            }
        } catch let rejection as PolicyRejection {
            return rejection.faults.map { ReviewFinding(.error, $0.path, $0.code, $0.message, $0.remedy) }
        } catch {
            return [ReviewFinding(.error, "document", "unreadable", "the document cannot be read", "Write it anew")]
        }
    }

    private func known(_ actions: [String: Set<String>], in tenant: TenantID) async throws -> KnownWords {
        let (roles, groups) = try await store.read { sql in (try sql.roles(in: tenant), try sql.groups(in: tenant)) }
        let enabled = providers.enabled(in: tenant)
        let zones = table.zones
        return KnownWords(
            roles: roles.map(\.name), groups: Gateway.groupNames(groups, of: enabled), actions: actions,
            subjectAttributes: Self.subjectAttributes + enabled.flatMap(\.attributeNames),
            hasZone: { zones.table([$0])[$0] != nil })
    }

    /// What everybody has, whichever provider they come from.
    private static let subjectAttributes = [
        "login", "status", "display_name", "mail", "department", "manager", "organization_unit", "name",
    ]
}

extension ConfiguredProvider {
    /// The attributes of people that come from here, by our names.
    fileprivate var attributeNames: [String] {
        switch configuration.kind {
        case .local: []
        case .ldap(let directory): directory.people.attributes.keys.sorted()
        case .upstream(let settings): settings.attributes.keys.sorted()
        case .saml(let settings): settings.attributes.keys.sorted()
        }
    }
}
