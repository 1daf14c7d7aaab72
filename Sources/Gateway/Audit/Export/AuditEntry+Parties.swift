import Vocabulary

extension AuditEntry {
    /// Whom an event is about, as a kind and an id: whom its facts name, else whose stream it is in, else who did it. Nil
    /// where that is nobody in particular.
    var party: (kind: String, id: String)? {
        for name in ["person", "subject", "account", "holder"] {
            guard let fact = facts[name], let id = fact["id"]?.string else { continue }
            return (fact["kind"]?.string ?? name, id)
        }
        if streamKind == "person" || streamKind == "service_account" { return (streamKind, streamID) }
        let parts = actor.split(separator: ":", maxSplits: 1).map(String.init)
        return parts.count == 2 && (parts[0] == "person" || parts[0] == "service_account")
            ? (parts[0], parts[1]) : nil
    }

    /// The id that a fact of this name is.
    func id(of name: String) -> String? { facts[name]?["id"]?.string }

    /// `user` of OCSF. Of a login that nobody has, the journal knows a keyed digest only.
    var user: AttributeValue {
        guard let party else {
            return facts["login"]?.string.map { ["name": .string("digest:\($0)")] } ?? ["name": "unknown"]
        }
        return ["uid": .string(party.id), "type_id": .integer(party.kind == "service_account" ? 4 : 1)]
    }

    /// `actor` of OCSF: who did it.
    var doer: AttributeValue {
        let parts = actor.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return ["app_name": .string(actor)] }
        switch parts[0] {
        case "person": return ["user": ["uid": .string(parts[1]), "type_id": 1]]
        case "service_account": return ["user": ["uid": .string(parts[1]), "type_id": 4]]
        case "os": return ["user": ["uid": .string(parts[1]), "type_id": 3]]
        default: return ["app_name": "Gatehouse", "invoked_by": .string(parts[1])]
        }
    }
}
