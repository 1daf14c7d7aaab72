import Governance
import Testing
import Vocabulary

@Suite("S4-58 What the journal shows of itself, of keys, backups and settings")
struct RecordEvidenceTests {
    private let tenant: TenantID = id(1)

    @Test("a record that was changed and a position that is missing are both found")
    func integrity() {
        var year = RecordedYear()
        year.join(id(1))
        #expect(year.ask(.journalIntegrity).verdict == .met)
        year.write("tenant.renamed", tenant, isSound: false)
        let changed = year.ask(.journalIntegrity)
        #expect(changed.verdict == .unmet && changed.positions == [2])
        var cut = RecordedYear()
        cut.join(id(1))
        cut.lose()
        cut.join(id(2))
        #expect(cut.ask(.journalIntegrity).counts.contains { $0.name == "missing" && $0.value == 1 })
        #expect(cut.ask(.journalIntegrity).verdict == .unmet)
        #expect(cut.ask(.journalRetention, [.days: 30]).verdict == .unmet)
    }

    @Test("segments of decisions follow one another, or the gap is found")
    func decisions() {
        var year = RecordedYear()
        func segment(_ first: Int64, _ records: Int64, _ year: inout RecordedYear) {
            year.write(
                "decision_segment.closed", tenant,
                [Fact("first", .integer(first)), Fact("records", .integer(records))])
        }
        segment(1, 100, &year)
        segment(101, 50, &year)
        let good = year.ask(.decisionRecord)
        #expect(good.verdict == .met && good.counts.contains { $0.name == "decisions" && $0.value == 150 })
        segment(152, 1, &year)
        #expect(year.ask(.decisionRecord).verdict == .unmet)
    }

    @Test("keys that were never changed are as old as the journal; the oldest is named")
    func keys() {
        var year = RecordedYear()
        year.join(id(1))
        #expect(year.ask(.keyRotation, [.days: 30]).verdict == .met)
        year.wait(.days(31))
        #expect(year.ask(.keyRotation, [.days: 30]).reason.contains("password_pepper"))
        for purpose in ["credential", "digest", "head_signing", "person_key", "record", "request_binding"] {
            year.write("key.rotated", tenant, [Fact("purpose", .word(purpose))])
        }
        #expect(year.ask(.keyRotation, [.days: 30]).verdict == .unmet, "one is left")
        year.write("key.rotated", tenant, [Fact("purpose", .word("password_pepper"))])
        #expect(year.ask(.keyRotation, [.days: 30]).verdict == .met)
    }

    @Test("an API key that is old is found while it can be used")
    func serviceAccounts() {
        let (account, key): (ServiceAccountID, APIKeyID) = (id(1), id(2))
        var year = RecordedYear()
        year.write(
            "api_key.created", account,
            [Fact("key", .id(key, "api_key")), Fact("expires_at", .time(year.now + .days(300)))])
        #expect(year.ask(.serviceAccountKeys, [.days: 90]).verdict == .met)
        year.wait(.days(91))
        #expect(year.ask(.serviceAccountKeys, [.days: 90]).samples.map(\.id) == [key.description])
        year.write("service_account.disabled", account)
        #expect(year.ask(.serviceAccountKeys, [.days: 90]).verdict == .absent)
        year.write("service_account.enabled", account)
        #expect(year.ask(.serviceAccountKeys, [.days: 90]).verdict == .unmet)
        year.wait(.days(300))
        #expect(year.ask(.serviceAccountKeys, [.days: 90]).verdict == .absent, "it has expired")
    }

    @Test("backups, proofs of a restore and heads outside have an age")
    func continuity() {
        var year = RecordedYear()
        year.write("backup.made", tenant, [Fact("taken_at", .time(year.now))])
        year.write("backup.proven", tenant)
        year.write("heads.kept_outside", tenant, [Fact("size", .integer(2))])
        #expect(year.ask(.backups).verdict == .met && year.ask(.headsOutside).verdict == .met)
        year.wait(.hours(27))
        #expect(year.ask(.backups).verdict == .unmet && year.ask(.headsOutside).verdict == .unmet)
        #expect(year.ask(.recoveryTests).verdict == .met)
        year.wait(.days(365))
        #expect(year.ask(.recoveryTests).verdict == .unmet)
        year.write("journal.epoch_started", tenant, by: .system("restore"), [Fact("epoch", .integer(2))])
        #expect(year.ask(.recoveryTests).verdict == .met && year.book.epoch == 2)
        // A note of an older backup does not make the newest one older.
        year.write("backup.made", tenant, [Fact("taken_at", .time(year.now))])
        year.write("backup.made", tenant, [Fact("taken_at", .time(year.now - .days(9)))])
        #expect(year.ask(.backups).verdict == .met)
    }

    @Test(
        "settings are judged as they were stated, at the bound and one past it",
        arguments: [
            (EvidenceKind.passwordRules, "password_minimum_with_mfa", Int64(12), Int64(11)),
            (.sessionLimits, "session_idle_seconds", 3_600, 3_601),
            (.lockout, "lockout_tries", 10, 11), (.lockout, "lockout_seconds", 900, 899),
            (.transportEncryption, "directory_servers_tls", 2, 1), (.transportEncryption, "public_https", 1, 0),
            (.journalRetention, "decision_retention_days", 365, 364), (.loginAnomalies, "anomaly_kinds", 1, 0),
        ])
    func settings(kind: EvidenceKind, name: String, enough: Int64, short: Int64) {
        var year = RecordedYear()
        year.start([name: enough])
        #expect(year.ask(kind).verdict == .met, "\(year.ask(kind).reason)")
        year.start([name: short])
        #expect(year.ask(kind).verdict == .unmet, "\(year.ask(kind).reason)")
        #expect(year.ask(kind).positions.contains(kind == .journalRetention ? 1 : 2) || kind == .loginAnomalies)
        #expect(year.ask(.configurationChanges).counts.first?.value == 2)
    }

    @Test("sealed sections are counted")
    func sealing() {
        var year = RecordedYear()
        year.write("person.changed", id(1) as PersonID, kind: "person", sections: 2)
        #expect(year.ask(.encryptionAtRest).counts.first?.value == 2)
        #expect(year.ask(.encryptionAtRest).verdict == .met)
    }
}
