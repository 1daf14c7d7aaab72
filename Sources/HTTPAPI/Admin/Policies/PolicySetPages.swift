import Authorization
import Gateway
import Governance
import Vocabulary

/// The pages about policies that are weighed together.
enum PolicySetPages {
    static let trail = [AdminPage.Step("Policy sets", "/policies/sets")]
    static let notices = [
        "created": "The set is made.", "added": "The policy is in the set.",
        "removed": "The policy is not in the set any more.",
    ]

    static func place(_ set: PolicySetID, _ part: String = "") -> String { "/policies/sets/\(set)\(part)" }

    static var routes: [AdminRoute] {
        [
            .page("/policies/sets", PolicyPages.reading, list),
            .form("/policies/sets/new", PolicyPages.carryingOut("create_set"), creation, submit: create),
            .page("/policies/sets/{set}", PolicyPages.reading, one),
            .form("/policies/sets/{set}/add", PolicyPages.carryingOut("add_to_set"), addition, submit: add),
            .form(
                "/policies/sets/{set}/remove/{policy}", PolicyPages.carryingOut("remove_from_set"), removal,
                submit: remove),
        ]
    }

    // MARK: Reading

    @Sendable private static func list(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let sets = try await call.gateway.governance.sets(
            in: call.tenant, after: page.cursor.flatMap { PolicySetID($0.after) }, limit: page.limit + 1)
        let part = try call.cut(sets, page) { $0.id.description }
        let table = AdminTable(
            "Policy sets", columns: ["Set", "Lets through when", "Policies", "Changed"], part, call,
            empty: "There is no set; each policy counts by itself."
        ) { set in
            [
                AdminValue(set.name, to: place(set.id)).hinted(set.description), AdminValue(set.combination.sentence),
                AdminValue("\(set.policies.count)"), AdminValue(set.updatedAt),
            ]
        }
        let actions = try await call.offered([("create_set", AdminAction("New set", to: "/policies/sets/new"))])
        return AdminPage(
            heading: "Policy sets", lead: "Policies that vote: what one of them forbids, the others may let through.",
            blocks: [.actions(actions), .table(table)])
    }

    private static func set(_ call: AdminCall) async throws -> PolicySet {
        try await call.gateway.governance.policySet(try call.id("set"), in: call.tenant)
    }

    @Sendable private static func one(_ call: AdminCall) async throws -> AdminPage {
        let set = try await set(call)
        let removes = try await call.offers("remove_from_set")
        var rows: [[AdminValue]] = []
        for id in set.policies {
            let policy = try await call.gateway.governance.policy(id, in: call.tenant)
            let action = AdminAction(
                "Take out", to: place(set.id, "/remove/\(id)"), isDanger: true, name: "Take \(policy.name) out")
            rows.append([
                AdminValue(policy.name, to: PolicyPages.place(id)), PolicyPages.state(of: policy),
                AdminValue(policy.enforcement.rawValue.titled), AdminValue(lines: []).with(removes ? [action] : []),
            ])
        }
        let changes = try await call.gateway.governance.history(of: set.id, in: call.tenant)
        let authors = try await call.names(of: changes.compactMap(\.actor.subject))
        let actions = try await call.offered([("add_to_set", AdminAction("Add a policy", to: place(set.id, "/add")))])
        return AdminPage(
            heading: set.name, lead: set.description.isEmpty ? nil : set.description, trail: trail,
            blocks: [
                .actions(actions),
                .facts(
                    AdminFacts(
                        "About",
                        [
                            ("Lets through when", AdminValue(set.combination.sentence)),
                            ("Made", AdminValue(set.createdAt)), ("Changed", AdminValue(set.updatedAt)),
                            ("Version", AdminValue("\(set.version)")), ("Id", .code(set.id.description)),
                        ])),
                .table(
                    AdminTable(
                        "Its policies", columns: ["Policy", "State", "Enforcement", "Change"], rows: rows,
                        empty: "It has no policy yet.")),
                .table(PolicyPages.table("Versions", changes, authors)),
            ])
    }

    // MARK: A new set

    private static let combinations = [
        AdminField.Choice("all", "All with something to say allow"), AdminField.Choice("any", "One allows"),
        AdminField.Choice("majority", "More than half of those with something to say allow"),
        AdminField.Choice("at_least", "At least so many allow"),
    ]

    @Sendable private static func creation(_ call: AdminCall) async throws -> AdminPage {
        let form = AdminForm(
            to: "/policies/sets/new",
            fields: [call.fresh("set_id", as: PolicySetID.self)] + call.commandFields() + [
                AdminField(
                    "name", "Name", value: call.value("name"), isRequired: true,
                    limit: GovernedPolicy.Limits.nameBytes),
                AdminField(
                    "description", "Description", .area(rows: 3), value: call.value("description"),
                    limit: GovernedPolicy.Limits.textBytes),
                AdminField(
                    "combination", "It lets through when", .choice(combinations), value: call.value("combination")),
                AdminField("at_least", "At least", .number, value: call.value("at_least"), limit: 4),
            ], buttons: [.init("Create")], cancel: "/policies/sets")
        return AdminPage(heading: "New policy set", trail: trail, blocks: [.form(form)])
    }

    @Sendable private static func create(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let id: PolicySetID = try AdminCall.made("set_id", in: form)
        let combination = form["combination"] ?? ""
        var count: AttributeValue?
        if combination == "at_least" {
            guard let number = form.text("at_least").flatMap({ Int64($0) }) else {
                throw AdminRefusal("Say how many.", field: "at_least")
            }
            count = .integer(number)
        }
        try await call.govern(
            "create_set",
            [
                "set_id": id.json, "name": .string(form.text("name") ?? ""),
                "description": .string(form.text("description") ?? ""), "combination": .string(combination),
                "at_least": count,
            ], form)
        return .moved(to: place(id), notice: "created")
    }

    // MARK: Members

    /// Policies that the field offers.
    private static let offered = 200

    @Sendable private static func addition(_ call: AdminCall) async throws -> AdminPage {
        let set = try await set(call)
        let policies = try await call.gateway.governance.policies(in: call.tenant, limit: offered)
        let choices = policies.filter { !set.policies.contains($0.id) }
            .map { AdminField.Choice($0.id.description, "\($0.name) (\($0.state.rawValue))") }
        let form = AdminForm(
            to: call.place,
            fields: call.commandFields(version: set.version) + [
                AdminField("policy", "Policy", .choice(choices), value: call.value("policy"), isRequired: true)
            ], buttons: [.init("Add")], cancel: place(set.id))
        return AdminPage(
            heading: "Add a policy to “\(set.name)”", trail: trail + [.init(set.name, place(set.id))],
            blocks: outdated(set, call) + [.form(form)])
    }

    @Sendable private static func add(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let id: PolicySetID = try call.id("set")
        guard let policy = form["policy"].flatMap({ PolicyID($0) }) else {
            throw AdminRefusal("Choose a policy.", field: "policy")
        }
        try await call.govern("add_to_set", ["set_id": id.json, "policy_id": policy.json], form)
        return .moved(to: place(id), notice: "added")
    }

    @Sendable private static func removal(_ call: AdminCall) async throws -> AdminPage {
        let set = try await set(call)
        let policy = try await PolicyPages.policy(call)
        var page = AdminPage.question(
            "Take “\(policy.name)” out of “\(set.name)”?",
            "It counts by itself from then on, or in the other sets it is in.",
            trail: trail + [.init(set.name, place(set.id))], at: call.place, button: "Take out",
            fields: call.commandFields(version: set.version), back: place(set.id))
        page.blocks = outdated(set, call) + page.blocks
        return page
    }

    @Sendable private static func remove(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let id: PolicySetID = try call.id("set"), policy: PolicyID = try call.id("policy")
        try await call.govern("remove_from_set", ["set_id": id.json, "policy_id": policy.json], form)
        return .moved(to: place(id), notice: "removed")
    }

    private static func outdated(_ set: PolicySet, _ call: AdminCall) -> [AdminBlock] {
        guard let seen = call.outdated(by: set.version) else { return [] }
        let words =
            "You opened version \(seen) of the set; it is version \(set.version) now. Nothing of yours was stored."
        return [.text(AdminText("Somebody else changed it in the meantime", [words], tone: .caution))]
    }
}
