import Identity
import Storage
import Vocabulary

/// A try that was counted, as if it failed, before anything is checked.
struct CountedTry: Sendable {
    let keys: AttemptKeys
    /// The person whose login was typed; nil when nobody has it.
    let candidate: PersonID?
    /// The budgets of the directory that is asked; nil where there are none.
    let bind: BindLedger?
    /// How long to wait, where no try was left.
    let wait: Duration?
    /// Wrong passwords before this try, by the same account or from the same known device.
    let failuresBefore: Int
}

/// Counts the tries of logins. Each is in its rows before a password is checked, so that neither concurrent tries nor a
/// restart can spend one twice.
extension LoginService {
    /// Takes a try from every budget that is known before the provider is asked, the account's at the directory
    /// included: one transaction, which also looks up whose budgets they are.
    func countTry(_ login: String, _ entry: LoginProviderEntry, _ work: inout LoginWork) async throws -> CountedTry {
        let directory = entry.directory
        let bind = directory.flatMap { bindLedger($0, entry.id, work.caller.tenant) }
        let (source, browser, tenant) = (try sourceDigest(work.browser), work.browser, work.caller.tenant)
        let counted = try await store.write(.login) { [self] tx in
            let holder = try holder(of: login, entry, tenant, tx.sql)
            let device = try holder.flatMap { id in
                try browser.deviceHash.flatMap { try tx.sql.device($0, of: id, at: tx.now) }
            }
            let keys = try keys(login, holder, source, device, tenant)
            let reserved = try ledger.reserve(keys, tx)
            if reserved.wait == nil, let bind, let expected = directory?.expectedAccount {
                let key = try subjectKey(login, holder, entry.id, tenant, tx.sql)
                if let account = expected(login, key) { try bind.prepare(account, tx) }
            }
            return CountedTry(
                keys: keys, candidate: holder, bind: bind, wait: reserved.wait,
                failuresBefore: reserved.failuresBefore)
        }
        work.candidate = counted.candidate
        return counted
    }

    /// Gives a try back: nothing was checked.
    func giveBack(_ keys: AttemptKeys) async throws {
        try await store.write(.login) { [ledger] tx in try ledger.undo(keys, tx) }
    }

    private func keys(
        _ login: String, _ holder: PersonID?, _ source: [UInt8]?, _ device: DeviceID?, _ tenant: TenantID
    ) throws -> AttemptKeys {
        let name = holder.map { "person:\($0)" } ?? "login:\(NameKey.of(login))"
        return AttemptKeys(tenant: tenant, account: try digest("account", name, tenant), source: source, device: device)
    }

    /// Who may sign in at this provider by this login.
    private func holder(
        of login: String, _ entry: LoginProviderEntry, _ tenant: TenantID, _ sql: any SQLConnection
    ) throws -> PersonID? {
        let holder = try sql.person(login: login, in: tenant)?.id
        if entry.isLocal { return try holder ?? sql.onlyPerson(mail: login, in: tenant) }
        return try holder.flatMap { id in try sql.isLinked(id, to: entry.id) ? id : nil }
    }

    /// The upstream key that the login most likely leads to; a wrong guess costs a transaction and nothing else.
    private func subjectKey(
        _ login: String, _ holder: PersonID?, _ provider: ProviderID, _ tenant: TenantID, _ sql: any SQLConnection
    ) throws -> String? {
        guard let person = try holder ?? sql.onlyPerson(mail: login, in: tenant) else { return nil }
        return try sql.identities(of: person).first { $0.subject.provider == provider }?.subject.key
    }

    // MARK: Whose they are

    /// The budgets of a directory; nil for one that locks nobody.
    func bindLedger(_ directory: UpstreamDirectory, _ provider: ProviderID, _ tenant: TenantID) -> BindLedger? {
        guard let limit = directory.bindLimit else { return nil }
        return BindLedger(directory, limit: limit, store, tenant, binds) { [self] account in
            try digest("bind:\(provider)", account, tenant)
        }
    }

    /// A keyed digest: comparable by us, meaningless to a reader of rows and journal.
    func digest(_ label: String, _ text: String, _ tenant: TenantID) throws -> [UInt8] {
        try store.keys.mac(Array("login:\(label):\(text)".utf8), purpose: .digest, tenant: tenant).tag
    }

    /// Where the browser is, as budgets and events name it; nil on a local socket.
    func sourceDigest(_ browser: LoginBrowser) throws -> [UInt8]? {
        try browser.source.map { source in
            // One customer of a network holds a whole /64 of IPv6 (RFC 6177), so that is one source.
            let address = source.unmapped
            let bytes = address.bitWidth == 128 ? Array(address.bytes.prefix(8)) : address.bytes
            return try digest("source", "\(bytes)", browser.tenant)
        }
    }
}
