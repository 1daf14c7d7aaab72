import Identity
import Storage
import Vocabulary

/// What has to be read of a person to judge the sign-in that is under way.
struct LookBack: Sendable {
    let keys: KeyRing
    let device: TokenHash?
}

/// What was read of it.
struct PastSignIns: Sendable {
    let history: SignInHistory?
    let isKnownDevice: Bool

    init(_ person: PersonID, _ tenant: TenantID, _ lookBack: LookBack, _ sql: any SQLConnection, at now: Timestamp)
        throws
    {
        history = try lookBack.keys.signInHistory(of: person, in: tenant, sql)
        isKnownDevice = try lookBack.device.flatMap { try sql.device($0, of: person, at: now) } != nil
    }
}

/// Judges sign-ins, after the password was right and never before: what it costs tells a stranger nothing. What is found
/// goes into the transaction that the step writes anyway.
extension LoginService {
    /// What to read along with a person's facts; nil where nothing is looked for.
    func lookBack(_ work: LoginWork) -> LookBack? {
        settings.anomalies.kinds.isEmpty ? nil : LookBack(keys: store.keys, device: work.browser.deviceHash)
    }

    /// What stands out, once for the password that was proven in this request.
    func judge(_ past: PastSignIns?, _ work: inout LoginWork) {
        guard let failures = work.failuresBefore else { return }
        work.failuresBefore = nil
        let observation = SignInObservation(
            at: clock(), address: work.browser.source, isKnownDevice: past?.isKnownDevice ?? false,
            failuresBefore: failures)
        work.findings = settings.anomalies.findings(observation, past?.history)
    }

    /// Journals what was found in this request, where the flow took the password.
    func appendFindings(_ work: LoginWork, by caller: Caller, _ tx: Transaction) throws {
        guard let person = work.flow.subject else { return }
        for finding in work.findings {
            var facts = [
                Fact("kind", .word(finding.kind.rawValue)), Fact("person", .id(person, "person")),
            ]
            if let provider = work.flow.provider { facts.append(Fact("provider", .id(provider, "provider"))) }
            try tx.append(
                caller.event(
                    "login.anomaly_found", Stream("login_flow", work.flow.id), facts: facts,
                    sections: [
                        PersonalSection(
                            person: person, name: "evidence", plaintext: Array(JSONText.text(of: finding).utf8))
                    ]))
        }
        tx.afterCommit { [tally] in for finding in work.findings { tally.anomalies.count(finding.kind) } }
    }

    /// Remembers a completed sign-in. A session that is only strengthened is none.
    func note(_ grant: SessionGrant, _ work: LoginWork, _ tx: Transaction) throws {
        guard !settings.anomalies.kinds.isEmpty, grant.rotates == nil else { return }
        let tenant = work.caller.tenant
        var history = try store.keys.signInHistory(of: grant.person, in: tenant, tx.sql) ?? SignInHistory()
        let network = settings.anomalies.network(of: work.browser.source)
        history.note(
            SignInHistory.Entry(at: tx.now, network: network?.name, anomalies: grant.anomalies),
            hasPlace: network?.place != nil)
        try tx.keep(history, of: grant.person, in: tenant)
    }

    /// A person's last sign-ins, newest first, as far as they are remembered.
    public func recentSignIns(of person: PersonID, in tenant: TenantID) async throws -> [SignInHistory.Entry] {
        let keys = store.keys
        return try await store.read { try keys.signInHistory(of: person, in: tenant, $0)?.recent ?? [] }
    }
}

extension AnomalyFinding: JSONRecord {
    /// The numbers it was judged by, for the sealed section of its event.
    public func write(to object: inout JSONText) {
        switch evidence {
        case .travel(let from, let to, let kilometres, let seconds):
            object.field("from", from)
            object.field("kilometres", kilometres)
            object.field("seconds", seconds)
            object.field("to", to)
        case .hour(let hour, let near, let total):
            object.field("hour", hour)
            object.field("near", near)
            object.field("of", total)
        case .device: break
        case .failures(let count): object.field("failures", count)
        }
    }
}
