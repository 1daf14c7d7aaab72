import Vocabulary

/// The age of keys: the fold of `key.`, `api_key.` and `service_account.`.
struct KeyLedger: Sendable {
    /// Purposes that a tenant has keys for; the words are those of `key.rotated`.
    private static let purposes = [
        "credential", "digest", "head_signing", "password_pepper", "person_key", "record", "request_binding",
    ]

    private var rotations: [String: EvidencePlace] = [:]
    private var keys: [APIKeyID: (account: ServiceAccountID, made: EvidencePlace, expiresAt: Timestamp)] = [:]
    private var disabled: Set<ServiceAccountID> = []

    mutating func take(_ event: EvidenceEvent) {
        switch event.type {
        case "key.rotated": if let purpose = event.word("purpose") { rotations[purpose] = event.place }
        case "api_key.created":
            guard let id: APIKeyID = event.id("key"), let account = ServiceAccountID(bytes: event.stream) else {
                return
            }
            keys[id] = (account, event.place, event.time("expires_at") ?? .distantFuture)
        case "api_key.revoked": if let id: APIKeyID = event.id("key") { keys[id] = nil }
        case "service_account.disabled": if let id = ServiceAccountID(bytes: event.stream) { disabled.insert(id) }
        case "service_account.enabled": if let id = ServiceAccountID(bytes: event.stream) { disabled.remove(id) }
        default: return
        }
    }

    /// A key that was never changed is as old as the tenant's journal.
    func rotation(_ asked: EvidenceRequirement, since began: EvidencePlace?, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        guard let began else { return draft.absent("The journal is empty.") }
        let newest = Self.purposes.map { (purpose: $0, place: rotations[$0] ?? began) }
        let stale = newest.filter { !$0.place.isWithin(asked[.days], of: moment) }
        let oldest = newest.map(\.place.at).min() ?? began.at
        draft.count("keys", newest.count)
        draft.count("rotated", rotations.count)
        draft.count("older", stale.count)
        draft.count("oldest_days", (moment - oldest).components.seconds / 86_400)
        draft.rest(on: newest.map(\.place))
        let bound = asked[.days].of("day", "days")
        guard stale.isEmpty else {
            return draft.unmet(
                "\(stale.count) of \(newest.count) keys are older than \(bound):"
                    + " \(stale.map(\.purpose).joined(separator: ", ")).")
        }
        return draft.met("No key is older than \(bound); the oldest \((moment - oldest).inWords).")
    }

    func serviceAccounts(_ asked: EvidenceRequirement, at moment: Timestamp) -> Evidence {
        var draft = EvidenceDraft(asked)
        let usable = keys.filter { moment < $0.value.expiresAt && !disabled.contains($0.value.account) }
        let stale = usable.filter { !$0.value.made.isWithin(asked[.days], of: moment) }
        draft.count("usable_keys", usable.count)
        draft.count("older", stale.count)
        draft.rest(on: usable.map(\.value.made))
        draft.show("api_key", stale.map { (id: $0.key, position: $0.value.made.position) })
        let bound = asked[.days].of("day", "days")
        guard !usable.isEmpty else { return draft.absent("No service account has a usable key.") }
        guard stale.isEmpty else {
            return draft.unmet(
                "\(stale.count) of \(usable.count.of("API key is", "API keys are")) older than \(bound).")
        }
        return draft.met("No usable API key of \(usable.count) is older than \(bound), and each expires.")
    }
}
