import Foundation
import Identity
import LDAP
import Synchronization
import Vocabulary

/// Leave to send a bind that may fail, asked for before each one: directories lock accounts after so many, and binds
/// made here must not use them up.
public struct BindAdmission: Sendable {
    /// Takes one bind of the account's; how long to wait where none is left. `account` is the same text however the
    /// login was written, and says nothing to a stranger.
    public let admit: @Sendable (_ account: String) async throws -> Duration?
    /// Whether the account's bind was admitted beforehand, without waiting; true once. `admit` asks for it as well.
    public let takePrepared: @Sendable (_ account: String) -> Bool
    /// The bind just admitted was certainly not sent.
    public let withdraw: @Sendable (_ account: String) async throws -> Void
    /// The directory has just accepted a bind of the account's, and with it set its own count back.
    public let accepted: @Sendable (_ account: String) -> Void

    public init(
        admit: @escaping @Sendable (_ account: String) async throws -> Duration?,
        takePrepared: @escaping @Sendable (_ account: String) -> Bool = { _ in false },
        withdraw: @escaping @Sendable (_ account: String) async throws -> Void,
        accepted: @escaping @Sendable (_ account: String) -> Void
    ) {
        self.admit = admit
        self.takePrepared = takePrepared
        self.withdraw = withdraw
        self.accepted = accepted
    }

    /// For directories that lock nobody.
    public static let unlimited = BindAdmission(admit: { _ in nil }, withdraw: { _ in }, accepted: { _ in })
}

/// Whom to bind as, in one of the forms servers take.
enum BindName: Sendable {
    case entry(String)
    case principal(String)

    /// What the binds of one account are counted by. Active Directory takes many spellings for one account, with and
    /// without accents among them, so all are folded to one; two accounts counted as one do no harm.
    var account: String {
        switch self {
        case .entry(let dn): "dn:" + (FoldedName.of(dn) ?? dn)
        case .principal(let name):
            "principal:"
                + (LDAPPrincipal.account(of: name) ?? name)
                .folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
                .trimmingCharacters(in: .whitespaces)
        }
    }
}

extension BindName {
    fileprivate func bind(_ connection: LDAPConnection, _ secret: [UInt8]) async throws(LDAPError) -> BindOutcome {
        switch self {
        case .entry(let dn): try await connection.bind(dn: dn, password: secret)
        case .principal(let name): try await connection.bind(principal: name, password: secret)
        }
    }
}

/// An admitted bind on its way to the wire; until it has left it can be given back.
final class UnsentBind: Sendable {
    private struct State {
        var account: String?
        var hasLeft = false
    }
    private let state = Mutex(State())

    /// What the bind is counted by, where one is admitted and has not left.
    var waiting: String? { state.withLock { $0.hasLeft ? nil : $0.account } }
    func admitted(_ account: String) { state.withLock { $0 = State(account: account) } }
    /// Marks the bind as leaving; false when none of this account's waits.
    func leave(_ account: String) -> Bool {
        state.withLock { state in
            guard state.account == account, !state.hasLeft else { return false }
            state.hasLeft = true
            return true
        }
    }
    /// It turned out not to have left.
    func cameBack() { state.withLock { $0.hasLeft = false } }
}

/// The end of a bind that was not admitted.
struct BindThrottled: Error { let wait: Duration }

extension LDAPDirectory {
    /// Binds on a connection of its own and hands over what the server said. Every bind that leaves is admitted first,
    /// also where the pool repeats one on another connection.
    ///
    /// - Throws: `BindThrottled`, `LDAPError`, and what `body` throws.
    func bind<Value: Sendable>(
        as name: BindName, account: String? = nil, _ secret: [UInt8], _ admission: BindAdmission,
        _ body: @Sendable (LDAPConnection, BindOutcome) async throws -> Value
    ) async throws -> Value {
        let account = account ?? name.account
        let unsent = UnsentBind()
        if let wait = try await admission.admit(account) { throw BindThrottled(wait: wait) }
        unsent.admitted(account)
        do {
            return try await client.withBindConnection { connection in
                if !unsent.leave(account), let wait = try await admission.admit(account) {
                    throw BindThrottled(wait: wait)
                }
                let outcome: BindOutcome
                do throws(LDAPError) {
                    outcome = try await name.bind(connection, secret)
                } catch {
                    if error.isBeforeSending { unsent.cameBack() }
                    throw error
                }
                if case .accepted = outcome { admission.accepted(account) }
                return try await body(connection, outcome)
            }
        } catch {
            if let account = unsent.waiting { try await admission.withdraw(account) }
            throw error
        }
    }
}
