import LDAP
import Vocabulary

/// What an entry's state attributes say about whether its account may be used.
enum AccountState {
    /// The attributes to ask for beside a key attribute, by the family of servers that key belongs to.
    static func attributes(_ key: LDAPDirectorySettings.KeyAttribute) -> [String] {
        switch key {
        case .objectGUID: ["userAccountControl", "accountExpires"]
        case .nsUniqueId: ["nsAccountLock"]
        case .entryUUID: ["pwdAccountLockedTime"]
        }
    }

    /// Why the account may not be used; nil when nothing in the entry speaks against it.
    static func refusal(_ entry: LDAPEntry, now: Timestamp) -> DirectoryRefusal? {
        // ADS_UF_ACCOUNTDISABLE (MS-ADTS §2.2.16).
        if let control = entry["useraccountcontrol"].flatMap({ Int64($0) }), control & 0x2 != 0 {
            return .accountDisabled
        }
        if let ticks = entry["accountexpires"].flatMap({ Int64($0) }), hasPassed(ticks, now) { return .accountExpired }
        if entry["nsaccountlock"]?.lowercased() == "true" { return .accountDisabled }
        // Only the lock without end counts. One that ends by itself follows wrong guesses: were it to disable the
        // account here, anybody could end anybody's sessions by guessing.
        if entry["pwdaccountlockedtime"] == "000001010000Z" { return .accountLocked }
        return nil
    }

    /// `accountExpires` (MS-ADA1 §2.1): 100 ns since 1601; 0 and the largest number mean never.
    private static func hasPassed(_ ticks: Int64, _ now: Timestamp) -> Bool {
        guard ticks > 0, ticks != .max else { return false }
        let (microseconds, overflow) = (ticks / 10).subtractingReportingOverflow(11_644_473_600_000_000)
        return !overflow && microseconds <= now.microseconds
    }
}
