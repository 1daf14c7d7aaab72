import Vocabulary

extension AuditEntry {
    /// The event as OCSF 1.7.0 has it, for tools that collect from many. Whatever the class has no place for stands under
    /// `unmapped` by our own names; nothing personal is in it, as in the journal's clear part.
    public func ocsf(in tenant: TenantID) -> AttributeValue {
        let meaning = EventCatalogue.meaning(of: type)
        let activity = meaning.activity
        var members: [String: AttributeValue] = [
            "activity_id": .integer(Int64(activity.activityID)), "category_uid": .integer(Int64(activity.categoryUID)),
            "class_uid": .integer(Int64(activity.classUID)), "class_name": .string(activity.className),
            "type_uid": .integer(Int64(activity.typeUID)), "severity_id": .integer(Int64(meaning.severity.rawValue)),
            "time": .integer(at.microseconds / 1_000), "message": .string(meaning.name), "metadata": metadata(tenant),
            "unmapped": .object(unmapped),
        ]
        // 1 is success and 2 is failure; the framework asks for a word where the activity is none of its own.
        members["status_id"] = .integer(meaning.isFailure ? 2 : 1)
        if activity.activityID == 99 { members["activity_name"] = .string(meaning.name) }
        if let code = facts["code"] ?? facts["reason"] { members["status_detail"] = code }
        members.merge(specific(activity)) { $1 }
        return .object(members)
    }

    private func metadata(_ tenant: TenantID) -> AttributeValue {
        var members: [String: AttributeValue] = [
            "version": "1.7.0", "uid": .string(event.description), "sequence": .integer(position),
            "tenant_uid": .string(tenant.description), "correlation_uid": .string(command.description),
            "event_code": .string(type), "log_name": "journal",
            "product": [
                "name": "Gatehouse", "vendor_name": "Gatehouse", "version": .string(GatehouseVersion.current),
            ],
        ]
        if let trace { members["original_event_uid"] = .string(trace) }
        return .object(members)
    }

    private var unmapped: [String: AttributeValue] {
        [
            "facts": .object(facts), "stream": ["kind": .string(streamKind), "id": .string(streamID)],
            "actor": .string(actor),
        ]
    }

    /// What the class demands beyond what every event has.
    private func specific(_ activity: OCSFActivity) -> [String: AttributeValue] {
        switch activity {
        case .account: return ["user": user, "actor": doer]
        case .authentication: return authentication
        case .authorizeSession:
            return ["user": user, "actor": doer, "session": session, "privileges": .list(privileges)]
        case .userAccess:
            return ["user": user, "actor": doer, "privileges": .list(privileges), "resources": .list([resource])]
        case .group: return group
        case .api:
            return [
                "actor": doer, "src_endpoint": source, "resources": .list([resource]),
                "api": ["operation": .string(type), "service": ["name": "Gatehouse"]],
            ]
        // Findings have no actor: who did it stands under `unmapped`.
        case .complianceFinding: return ["finding_info": finding, "compliance": compliance]
        case .detectionFinding: return ["finding_info": finding]
        }
    }

    // MARK: Pieces

    private var authentication: [String: AttributeValue] {
        var members: [String: AttributeValue] = [
            "user": user, "actor": doer, "session": session,
            "service": id(of: "application").map { ["uid": .string($0)] } ?? ["name": "Gatehouse"],
        ]
        if facts["source"] != nil { members["src_endpoint"] = source }
        if let acr = facts["acr"]?.string { members["is_mfa"] = .bool(acr == AuthenticationStrength.aal2.acr) }
        return members
    }

    private var group: [String: AttributeValue] {
        var members: [String: AttributeValue] = ["group": ["uid": .string(streamID)], "actor": doer]
        if id(of: "person") != nil { members["user"] = user }
        return members
    }

    private var session: AttributeValue {
        let own = streamKind == "session" || streamKind == "application_session" ? streamID : nil
        return .object((own ?? id(of: "session")).map { ["uid": .string($0)] } ?? [:])
    }

    /// A name for what somebody may do: of a role or entitlement its id, of a session what was proven for it.
    private var privileges: [AttributeValue] {
        var found: [AttributeValue] = []
        for name in ["role", "entitlement", "application", "acr"] {
            if let id = id(of: name) { found.append(.string("\(name):\(id)")) }
            if let word = facts[name]?.string { found.append(.string(word)) }
        }
        for name in ["gained", "lost"] {
            found += (facts[name]?.list ?? []).compactMap { $0["id"]?.string }.map { .string("\(name):group:\($0)") }
        }
        return found.isEmpty ? [.string("\(streamKind):\(streamID)")] : found
    }

    private var resource: AttributeValue { ["uid": .string(streamID), "type": .string(streamKind)] }

    /// Where a request came from, as far as the journal says: a keyed digest. Else from the gateway itself.
    private var source: AttributeValue {
        facts["source"]?.string.map { ["uid": .string($0)] } ?? ["svc_name": "Gatehouse"]
    }

    private var finding: AttributeValue {
        [
            "uid": .string(event.description), "title": .string(EventCatalogue.meaning(of: type).name),
            "types": .list([facts["kind"] ?? .string(type)]), "created_time": .integer(at.microseconds / 1_000),
        ]
    }

    private var compliance: AttributeValue {
        let isBroken = type == "sod.violation_detected" || type == "sod.rule_orphaned"
        let holdsAgain = type == "sod.violation_resolved"
        return [
            "status_id": .integer(isBroken ? 3 : holdsAgain ? 1 : 99), "control": .string(streamKind),
            "status": .string(isBroken ? "Fail" : holdsAgain ? "Pass" : "Other"), "standards": ["Gatehouse"],
        ]
    }
}
