import SAML
import Vocabulary

/// One of `saml.release`: a rule about which applications of a tenant are told what.
public struct SAMLReleaseConfiguration: Sendable {
    public var tenant: String
    public var rule: ReleaseRule

    /// Values that one rule narrows to.
    static let valueLimit = 256

    init(_ section: ConfigurationSection, tenant fallback: String, attributes: SAMLAttributeSet) {
        tenant = section.text("tenant", default: fallback)
        let name = section.text("name")
        let told = section.texts("attributes", limit: SAMLAttributeSet.limit)
        if told.isEmpty, section.has("attributes") || !name.isEmpty {
            section.report("attributes", "name at least one.")
        }
        let known = told.compactMap { name -> String? in
            guard let found = attributes[name] else {
                section.report(
                    "attributes",
                    "`\(name.prefix(64))` is none of saml.attributes, which are \(attributes.names.joined(separator: ", "))."
                )
                return nil
            }
            return found.attribute.name
        }
        let requested = section.bool("requested_only", default: false)
        let required = section.bool("required_only", default: false)
        rule = ReleaseRule(
            name, for: Self.audience(section),
            requested || required ? .requested(known, onlyRequired: required) : .named(known),
            effect: section.bool("withhold", default: false) ? .withhold : .release,
            values: section.texts("values", limit: Self.valueLimit))
        section.finish()
    }

    /// `everyone`, or all that is said has to apply.
    private static func audience(_ section: ConfigurationSection) -> ReleaseRule.Audience {
        if section.holdsWord("to") {
            guard section.optionalText("to") == "everyone" else {
                section.report("to", wanted)
                return nobody
            }
            return .everyone
        }
        let to = section.section("to")
        var parts: [ReleaseRule.Audience] = []
        if let id = to.optionalText("entity_id") { parts.append(.entity(id)) }
        if let category = to.optionalText("entity_category") {
            parts.append(.entityAttribute(name: EntityCategory.attribute, value: category))
        }
        if let attribute = to.optionalSection("entity_attribute") {
            parts.append(.entityAttribute(name: attribute.text("name"), value: attribute.text("value")))
            attribute.finish()
        }
        if let authority = to.optionalText("registered_by") { parts.append(.registeredBy(authority)) }
        to.finish()
        if parts.isEmpty { section.report("to", wanted) }
        return parts.isEmpty ? nobody : .all(parts)
    }

    private static let nobody = ReleaseRule.Audience.all([])
    private static let wanted =
        "has to be `everyone`, or some of entity_id, entity_category, entity_attribute and registered_by."
}
