import Vocabulary

extension ApprovalEvent {
    /// The event as it is written. What somebody wrote is sealed under their own key.
    var record: EventRecord {
        switch self {
        case .requested(let content): return content.record
        case .approved(let approver, let principal, let comment):
            return RecordBuilder("approval.approved").fact("by", approver.fact)
                .fact("on_behalf_of", principal?.fact).text("comment", comment, of: approver.holder).record
        case .rejected(let approver, let principal, let comment):
            return Self.told("approval.rejected", approver, "comment", comment)
                .fact("on_behalf_of", principal?.fact).record
        case .stageEntered(let number, let deadline):
            return RecordBuilder("approval.stage_entered").fact("stage", .integer(Int64(number)))
                .fact("deadline", .time(deadline)).record
        case .delegated(let from, let to, let until):
            return RecordBuilder("approval.delegated").fact("from", from.fact).fact("to", to.fact)
                .fact("until", .time(until)).record
        case .outsiderInvited(let outsider):
            return RecordBuilder("approval.outsider_invited").fact("outsider", .digest(outsider.digest))
                .fact("stage", .integer(Int64(outsider.stage))).fact("until", .time(outsider.until))
                .fact("by", outsider.invitedBy?.fact).record
        case .escalated(let trigger, let roles, let deadline):
            return RecordBuilder("approval.escalated").fact("trigger", .word(trigger.rawValue))
                .fact("deadline", .time(deadline)).text("roles", AttributeValue.list(roles.map(AttributeValue.string)))
                .record
        case .reminded: return RecordBuilder("approval.reminded").record
        case .overrideBegun(let approver, let reason):
            return Self.told("approval.override_begun", approver, "reason", reason).record
        case .overridden(let approver, let reason, let needsReview):
            return Self.told("approval.overridden", approver, "reason", reason)
                .fact("needs_review", .bool(needsReview)).record
        case .reviewed(let approver, let comment):
            return Self.told("approval.reviewed", approver, "comment", comment).record
        case .closed(let state): return RecordBuilder("approval.closed").fact("state", .word(state.rawValue)).record
        }
    }

    private static func told(_ type: String, _ approver: Approver, _ name: String, _ text: String?) -> RecordBuilder {
        RecordBuilder(type).fact("by", approver.fact).text(name, text, of: approver.holder)
    }

    /// The event as it was written.
    static func read(_ record: EventRecord) throws -> ApprovalEvent {
        let reader = RecordReader(record)
        switch record.type {
        case "approval.requested": return .requested(try Requested(reader))
        case "approval.approved":
            return .approved(
                try reader.approver("by"),
                onBehalfOf: try reader.optionalApprover("on_behalf_of"), comment: reader.optionalText("comment"))
        case "approval.rejected":
            return .rejected(
                try reader.approver("by"), onBehalfOf: try reader.optionalApprover("on_behalf_of"),
                comment: reader.optionalText("comment"))
        case "approval.stage_entered":
            return .stageEntered(Int(try reader.integer("stage")), deadline: try reader.time("deadline"))
        case "approval.delegated":
            return .delegated(
                from: try reader.approver("from"), to: try reader.approver("to"), until: try reader.time("until"))
        case "approval.escalated":
            return .escalated(
                try reader.word("trigger"), roles: (reader.content("roles")?.list ?? []).compactMap(\.string),
                deadline: try reader.time("deadline"))
        default: return try readRest(reader)
        }
    }

    private static func readRest(_ reader: RecordReader) throws -> ApprovalEvent {
        switch reader.record.type {
        case "approval.outsider_invited":
            guard let digest = try reader.digest("outsider") else { throw reader.broken("outsider") }
            return .outsiderInvited(
                Approval.Outsider(
                    digest: digest, stage: Int(try reader.integer("stage")), until: try reader.time("until"),
                    invitedBy: try reader.optionalApprover("by")))
        case "approval.reminded": return .reminded
        case "approval.override_begun":
            return .overrideBegun(try reader.approver("by"), reason: reader.optionalText("reason"))
        case "approval.overridden":
            return .overridden(
                try reader.approver("by"), reason: reader.optionalText("reason"),
                needsReview: try reader.bool("needs_review"))
        case "approval.reviewed":
            return .reviewed(try reader.approver("by"), comment: reader.optionalText("comment"))
        case "approval.closed": return .closed(try reader.word("state"))
        default: throw reader.broken("type")
        }
    }
}

extension Approver {
    fileprivate var fact: FactValue {
        switch self {
        case .subject(let subject): .subject(subject)
        case .outsider(let digest): .digest(digest)
        }
    }

    fileprivate var holder: EventText.Holder {
        if case .subject(.person(let person)) = self { .person(person) } else { .tenant }
    }
}

extension RecordReader {
    fileprivate func approver(_ name: String) throws -> Approver {
        if case .digest(let bytes)? = record.facts.first(where: { $0.name == name })?.value { return .outsider(bytes) }
        return .subject(try subject(name))
    }

    fileprivate func optionalApprover(_ name: String) throws -> Approver? { has(name) ? try approver(name) : nil }
}

extension ApprovalEvent.Requested {
    fileprivate var record: EventRecord {
        var holder = EventText.Holder.tenant
        if case .person(let person) = terms.requester { holder = .person(person) }
        return RecordBuilder("approval.requested").fact("approval", .id(terms.id, "approval"))
            .fact("template", terms.template.map { .id($0, "workflow_template") })
            .fact("requester", .subject(terms.requester)).fact("rules", .list(terms.rules.map { .id($0, "rule") }))
            .fact("versions", terms.versions.isEmpty ? nil : .list(terms.versions.map(FactValue.integer)))
            .fact("evaluation", terms.evaluation.map { .id($0, "decision") })
            .fact("beneficiary", terms.beneficiary.map(FactValue.subject))
            .fact("submitter", terms.submitter.map(FactValue.subject))
            .fact("assignment", terms.assignment.map { .id($0, "entitlement_assignment") })
            .fact("request", .digest(terms.requestDigest)).fact("risk", .word(terms.risk.rawValue))
            .fact("skipped", .list(terms.skipped.map { .integer(Int64($0)) })).fact("deadline", .time(deadline))
            .text("details", terms.details.document).text("reason", reason, of: holder)
            .text("matter", matter, of: holder).record
    }

    fileprivate init(_ reader: RecordReader) throws {
        guard let document = reader.content("details"), let digest = try reader.digest("request") else {
            throw reader.broken("request")
        }
        self.init(
            terms: Approval.Terms(
                id: try reader.id("approval"), template: try reader.optionalID("template"),
                requester: try reader.subject("requester"),
                beneficiary: try reader.optionalSubject("beneficiary"),
                submitter: try reader.optionalSubject("submitter"), rules: try reader.ids("rules"),
                versions: reader.has("versions") ? try reader.integers("versions") : [],
                evaluation: try reader.optionalID("evaluation"),
                assignment: try reader.optionalID("assignment"), requestDigest: digest,
                risk: try reader.word("risk"), details: try WorkflowTemplate.Details(document: document),
                skipped: try reader.integers("skipped").map(Int.init)),
            deadline: try reader.time("deadline"), reason: reader.optionalText("reason"),
            matter: reader.content("matter"))
    }
}
