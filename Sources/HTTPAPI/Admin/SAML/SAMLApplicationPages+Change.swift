import Gateway
import Identity
import SAML
import Vocabulary

extension SAMLApplicationPages {
    // MARK: What it would be told

    @Sendable static func preview(_ call: AdminCall) async throws -> AdminPage {
        let application = try application(call)
        var page = AdminPage(
            heading: "What \(application.title) would be told",
            trail: shown(application).trail,
            blocks: [.filter(askPreview(application, call))])
        guard let login = call.filter("person") else { return page }
        try await call.require("read", "person")
        guard let person = try? await call.gateway.people.person(named: login, in: call.tenant) else {
            page.blocks.append(.text(AdminText(nil, ["Nobody here has this login."], tone: .caution)))
            return page
        }
        let preview: SAMLApplicationPreview
        do { preview = try await call.gateway.preview(application, of: person.id) } catch let fault as Fault {
            page.blocks.append(.text(AdminText(nil, ["It would be told nothing: \(fault.message)"], tone: .bad)))
            return page
        }
        page.blocks.append(
            shown(application).verdict(on: person, mayEnter: preview.mayEnter, reasons: preview.reasons))
        if let fault = preview.nameIDFault {
            page.blocks.append(.text(AdminText(nil, ["No name can be given: \(fault)."], tone: .caution)))
        }
        page.blocks.append(.table(attributes(preview, call)))
        if !preview.release.missing.isEmpty {
            let missing = preview.release.missing.joined(separator: ", ")
            page.blocks.append(.text(AdminText("It needs and is not told", [missing], tone: .caution)))
        }
        return page
    }

    private static func attributes(_ preview: SAMLApplicationPreview, _ call: AdminCall) -> AdminTable {
        let set = call.gateway.configuration.saml.attributes
        let rows = preview.release.attributes.map { told -> [AdminValue] in
            let values = told.attribute.values
            return [
                AdminValue(set.name(of: told.attribute) ?? told.attribute.name).hinted(told.attribute.name),
                values.isEmpty ? .badge("not told", .plain) : .list(values.map { .code($0) }),
                AdminValue(why(told)),
                AdminValue(told.isRequired ? "needed" : told.isRequested ? "asked for" : "–"),
            ]
        }
        return AdminTable(
            "What is known of them", columns: ["Attribute", "Told", "Why", "Its metadata"], rows: rows,
            empty: "Nothing is known of them that could be told.")
    }

    private static func why(_ told: AttributeRelease) -> String {
        var parts: [String] = []
        if !told.releasedBy.isEmpty { parts.append("released by " + told.releasedBy.joined(separator: ", ")) }
        if !told.withheldBy.isEmpty { parts.append("withheld by " + told.withheldBy.joined(separator: ", ")) }
        if parts.isEmpty { parts.append("no rule releases it") }
        if told.withheldCount > 0, !told.isWithheld { parts.append("\(told.withheldCount) values not told") }
        return parts.joined(separator: "; ")
    }

    // MARK: Changing

    @Sendable static func askNew(_ call: AdminCall) async throws -> AdminPage {
        let form = AdminForm(
            to: call.place,
            fields: [
                AdminField("title", "What people read", value: call.value("title"), limit: 256),
                AdminField(
                    "metadata_url", "The address of its metadata", value: call.value("metadata_url"),
                    hint: "By https. Or paste them below.", limit: SAMLApplicationSettings.Limit.addressBytes),
                AdminField(
                    "metadata", "Its metadata", .area(rows: 8, isCode: true), value: call.value("metadata"),
                    hint: "XML with one EntityDescriptor.", limit: SAMLApplicationSettings.Limit.documentBytes),
                AdminField(
                    "attributes", "It is told", value: call.value("attributes"),
                    hint: "Beyond the tenant's rules, with spaces between: "
                        + call.gateway.configuration.saml.attributes.definitions.map(\.name).joined(separator: " "),
                    limit: 2_048),
            ], buttons: [.init("Add the application")], cancel: "/saml-applications")
        return AdminPage(
            heading: "New application",
            lead: "What to paste into it is shown afterwards. Everything else is settled by the command line.",
            trail: [home], blocks: [.form(form)])
    }

    @Sendable static func create(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let (address, document) = (form.text("metadata_url"), form.text("metadata"))
        guard (address == nil) != (document == nil) else {
            throw AdminRefusal("Say the address of its metadata, or paste them.", field: "metadata_url")
        }
        let place: SAMLApplicationSettings.MetadataPlace =
            address.map { .address($0, keys: []) } ?? .document(document ?? "")
        var settings = SAMLApplicationSettings(metadata: place)
        settings.title = form.text("title")
        settings.attributes = (form["attributes"] ?? "").split(whereSeparator: { $0.isWhitespace || $0 == "," })
            .map(String.init)
        let application = try await call.gateway.samlApplicationService.create(
            entityID: nil, settings, by: call.caller)
        return .shown(
            AdminPage(
                heading: "Paste into \(application.title)",
                trail: shown(application).trail,
                blocks: [
                    try connection(call), .actions([AdminAction("Done", to: Self.place(application))]),
                ]))
    }

    @Sendable static func askDisabling(_ call: AdminCall) async throws -> AdminPage {
        shown(try application(call)).question(
            isDisabled: true, "Nobody signs in to it from here on.", at: call.place)
    }

    @Sendable static func askEnabling(_ call: AdminCall) async throws -> AdminPage {
        shown(try application(call)).question(isDisabled: false, "People may sign in to it again.", at: call.place)
    }

    static func set(isDisabled: Bool, _ call: AdminCall) async throws -> AdminOutcome {
        let application = try application(call)
        try await call.gateway.samlApplicationService.setDisabled(
            application.id.description, isDisabled, by: call.caller)
        return shown(application).switched(isDisabled: isDisabled)
    }
}
