import Gateway
import Governance
import HTTPTypes
import Identity
import Vocabulary

/// One approval: what, who, why, how risky, what has been said, and the buttons of whoever may decide it.
enum ApprovalPage {
    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let mayRead = try await call.may("read", "approval")
        let found = try await call.gateway.approvals.consider(
            try call.id("approval"), mayRead: mayRead, by: call.caller)
        let names = try await Self.names(in: found, call)
        var page = AdminPage(
            heading: ApprovalWords.title(of: found), trail: [.init("Approvals", "/approvals")])
        page.blocks = [.facts(facts(of: found, names))]
        if let reason = found.reason { page.blocks.append(.text(AdminText("Why it is asked for", [reason]))) }
        page.blocks += try await duties(of: found, call)
        if found.mayDecide {
            page.blocks += [.form(decision(found.approval, call)), .actions([delegation(found.approval)])]
        }
        if found.isOwn, found.approval.state == .pending, found.approval.requester == call.principal.subject {
            let place = "/approvals/\(found.approval.id)/withdraw"
            page.blocks.append(.actions([AdminAction("Withdraw the request", to: place, .post, isDanger: true)]))
        }
        page.blocks.append(.table(history(found, names)))
        return page
    }

    // MARK: Who

    /// The names of those who have a part in it. Whoever decides has to know whom they decide about.
    private static func names(in found: ApprovalCase, _ call: AdminCall) async throws -> [Subject: String] {
        var subjects = found.approval.parties
        for event in found.history.map(\.event) {
            for case .subject(let subject)? in [event.told.by, event.told.principal] { subjects.insert(subject) }
        }
        var names: [Subject: String] = [:]
        for subject in subjects {
            names[subject] = try await name(of: subject, call)
        }
        return names
    }

    /// What somebody is called; nil for who is not here any more.
    static func name(of subject: Subject, _ call: AdminCall) async throws -> String? {
        switch subject {
        case .person(let id):
            let person = try await call.found { try await call.gateway.people.person(id, in: call.tenant) }
            return person.map { $0.displayName ?? $0.login }
        case .serviceAccount(let id):
            return try await call.found {
                try await call.gateway.serviceAccounts.account(named: id.description, in: call.tenant)
            }?.name
        }
    }

    private static func name(_ subject: Subject, _ names: [Subject: String]) -> AdminValue {
        names[subject].map { AdminValue($0) } ?? .code(subject.id)
    }

    private static func facts(of found: ApprovalCase, _ names: [Subject: String]) -> AdminFacts {
        let approval = found.approval
        var rows: [(name: String, value: AdminValue)] = [("State", ApprovalWords.badge(approval.state))]
        rows += ApprovalWords.facts(of: found).filter { $0.name != "Risk" }.map { ($0.name, AdminValue($0.value)) }
        rows.append(("Risk", ApprovalWords.badge(approval.terms.risk)))
        rows.append(("Asked for by", name(approval.requester, names)))
        if let submitter = approval.terms.submitter { rows.append(("Passed on by", name(submitter, names))) }
        if let beneficiary = approval.terms.beneficiary { rows.append(("For", name(beneficiary, names))) }
        if approval.state == .pending {
            let stage = approval.stages[approval.stage]
            rows.append(("Step", AdminValue("\(approval.stage + 1) of \(approval.stages.count)").hinted(stage.name)))
            rows.append(("Decided by", AdminValue(approval.approverRoles.joined(separator: ", "))))
            rows.append(("Decide by", AdminValue(approval.deadline)))
        }
        if approval.isAlarming {
            rows.append(("Emergency", .badge(approval.needsReview ? "to be reviewed" : "override", .bad)))
        }
        return AdminFacts(nil, rows)
    }

    /// What separation of duties has against whoever gets it, where it is access that is asked for.
    private static func duties(of found: ApprovalCase, _ call: AdminCall) async throws -> [AdminBlock] {
        guard found.approval.terms.assignment != nil else { return [] }
        let subject = found.approval.terms.beneficiary ?? found.approval.requester
        let open = try await call.gateway.duties.violations(
            in: call.tenant, of: subject, status: .active, GovernedPart(limit: 10))
        let sentence =
            open.isEmpty
            ? "No rule of separation of duties is broken by what they hold, and what is asked for was held against every rule."
            : "They are in breach of \(open.count) of the rules already."
        return [.text(AdminText("Separation of duties", [sentence], tone: open.isEmpty ? .good : .caution))]
    }

    // MARK: What can be done

    private static func decision(_ approval: Approval, _ call: AdminCall) -> AdminForm {
        AdminForm(
            to: "/approvals/\(approval.id)/decide", title: "Your word",
            fields: [
                AdminField(
                    "comment", "Reason", .area(rows: 3), value: call.value("comment"),
                    hint: "Kept with your word; needed to reject.", limit: WorkflowTemplate.Limits.textBytes),
                AdminField("version", "Version", .hidden, value: "\(approval.version)"),
            ],
            buttons: [
                .init("Approve", adds: (name: "word", value: "approve")),
                .init("Reject", adds: (name: "word", value: "reject"), isDanger: true),
            ])
    }

    private static func delegation(_ approval: Approval) -> AdminAction {
        AdminAction("Let somebody else decide", to: "/approvals/\(approval.id)/delegate")
    }

    private static func history(_ found: ApprovalCase, _ names: [Subject: String]) -> AdminTable {
        AdminTable(
            "What happened", columns: ["When", "What", "Who", "Said"],
            rows: found.history.map { recorded in
                let told = recorded.event.told
                return [
                    AdminValue(recorded.at), AdminValue(ApprovalWords.sentence(recorded.event)),
                    who(told.by, names).hinted(told.principal.map { "for \(label($0, names))" }),
                    AdminValue(told.text ?? "–"),
                ]
            })
    }

    private static func who(_ approver: Approver?, _ names: [Subject: String]) -> AdminValue {
        approver.map { AdminValue(label($0, names)) } ?? "the gateway"
    }

    private static func label(_ approver: Approver, _ names: [Subject: String]) -> String {
        switch approver {
        case .subject(let subject): names[subject] ?? subject.id
        case .outsider: "somebody outside"
        }
    }
}

/// What the forms of an approval's page do.
enum ApprovalActions {
    @Sendable static func decide(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let comment = form["comment"].flatMap { $0.isEmpty ? nil : $0 }
        let word: ApprovalService.Word
        switch form["word"] {
        case "approve": word = .approve(comment: comment)
        case "reject":
            guard comment != nil else { throw AdminRefusal("Say why you reject it.", field: "comment") }
            word = .reject(comment: comment)
        default: throw Refusal.badRequest(code: "approval.word", where: "The form says neither approve nor reject.")
        }
        guard let version = form["version"].flatMap({ Int64($0) }) else {
            throw Refusal.badRequest(code: "approval.version", where: "The form names no version.")
        }
        _ = try await call.gateway.approvals.say(
            word, about: try call.id("approval"), with: try await rights(call),
            heeding: { present in
                guard present == version else {
                    throw AdminRefusal("Somebody was quicker. Look again before you decide.")
                }
            }, by: call.caller)
        return .moved(to: "/approvals", notice: form["word"] == "approve" ? "approved" : "rejected")
    }

    @Sendable static func delegation(_ call: AdminCall) async throws -> AdminPage {
        let found = try await call.gateway.approvals.consider(
            try call.id("approval"), mayRead: try await call.may("read", "approval"), by: call.caller)
        let place = "/approvals/\(found.approval.id)"
        var page = AdminPage(
            heading: "Let somebody else decide",
            lead:
                "They vote in your place at this step, until the time you say. You can vote yourself until they have.",
            trail: [.init("Approvals", "/approvals"), .init(ApprovalWords.title(of: found), place)])
        let until = (call.now + .days(2)).rfc3339
        page.blocks = [
            .form(
                AdminForm(
                    to: place + "/delegate",
                    fields: [
                        AdminField(
                            "person", "Who", value: call.value("person"), hint: "User name or mail address.",
                            isRequired: true),
                        AdminField(
                            "until", "Until", .time, value: call.value("until", stored: until), isRequired: true),
                    ], buttons: [.init("Delegate")], cancel: place))
        ]
        return page
    }

    static func delegate(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        guard let until = form["until"].flatMap({ Timestamp(rfc3339: $0) }) else {
            throw AdminRefusal("Write a moment such as 2027-01-31T12:00:00Z.", field: "until")
        }
        let name = form["person"] ?? ""
        guard let person = try await call.found({ try await call.gateway.people.person(named: name, in: call.tenant) })
        else { throw AdminRefusal("Nobody is called that.", field: "person") }
        let id: ApprovalID = try call.id("approval")
        _ = try await call.gateway.approvals.say(
            .delegate(to: .person(person.id), until: until), about: id, with: try await rights(call), by: call.caller)
        return .moved(to: "/approvals", notice: "delegated")
    }

    @Sendable static func withdraw(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        _ = try await call.gateway.approvals.say(
            .cancel, about: try call.id("approval"), with: try await rights(call), by: call.caller)
        return .moved(to: "/approvals", notice: "withdrawn")
    }

    private static func rights(_ call: AdminCall) async throws -> ApprovalService.Rights {
        .init(mayRead: try await call.may("read", "approval"))
    }
}
