/// What a server of NATS is configured with to serve an operator: a text to include into its configuration.
public struct ServerConfiguration: Sendable {
    /// Where servers have accounts from.
    public enum Resolver: Sendable, Equatable {
        /// Out of the configuration: a change takes a reload.
        case memory
        /// Out of a folder, which servers keep alike; changes are pushed to `$SYS.REQ.CLAIMS.UPDATE`.
        case full(directory: String, allowsDeletion: Bool = false, intervalSeconds: Int = 120)
    }

    /// The subject that a changed account's token is sent to, as the system account's user.
    public static let updateSubject = "$SYS.REQ.CLAIMS.UPDATE"

    private let token: NATSToken
    private let systemAccount: NKey
    private let accounts: [NATSToken]
    private let resolver: Resolver

    /// A configuration for an operator.
    ///
    /// - Parameters:
    ///   - accounts: all of them for `memory`; for `full` the system account's, from which the others are pushed, and any
    ///     that should be there from the start.
    /// - Throws: `NATSFault` with `unsupported_type`, `wrong_issuer`, or `missing_claim` without a system account among the
    ///   accounts, or `invalid_name` for a directory that cannot be written down.
    public init(
        operator token: NATSToken, systemAccount: NKey? = nil, accounts: [NATSToken], resolver: Resolver
    ) throws {
        guard case .operator(let claims) = token.claims else { throw token.isNo("operator") }
        try CredentialTree(operator: token, accounts: accounts.map { .init($0) }).check()
        let system = systemAccount ?? claims.systemAccount
        guard let system, accounts.contains(where: { $0.claims.common.subject == system }) else {
            throw NATSFault(
                .missingClaim, "system_account", "is not among the accounts", "Name it, and give its token as well.")
        }
        guard claims.systemAccount == nil || claims.systemAccount == system else {
            throw NATSFault(
                .wrongIssuer, "system_account", "is another than the operator's token names", "Servers refuse that.")
        }
        if case .full(let directory, _, let interval) = resolver {
            try Self.check(directory)
            guard (1...86_400).contains(interval) else {
                throw NATSFault(.invalidLimit, "interval", "is \(interval) s", "Write 1 to 86400 seconds.")
            }
        }
        self.token = token
        self.systemAccount = system
        self.accounts = accounts.sorted { $0.claims.common.subject.text < $1.claims.common.subject.text }
        self.resolver = resolver
    }

    private static func check(_ directory: String) throws {
        let isPlain = directory.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && scalar.value != 0x7F && !"'\"\\".unicodeScalars.contains(scalar)
        }
        guard isPlain, !directory.isEmpty else {
            throw NATSFault(
                .invalidName, "directory", "is \(quoted(directory))", "Choose a path without quotation marks.")
        }
    }

    /// The text. Nothing in it is secret; names stand in comments, without what would end one.
    public var text: String {
        var lines = ["# Operator \(Self.comment(token.claims.common.name))", "operator: \(token.text)"]
        lines += ["system_account: \(systemAccount.text)", ""]
        switch resolver {
        case .memory: lines += ["resolver: MEMORY"]
        case .full(let directory, let allowsDeletion, let interval):
            lines += [
                "resolver {", "    type: full", "    dir: '\(directory)'", "    allow_delete: \(allowsDeletion)",
                "    interval: \"\(interval)s\"", "    timeout: \"1.9s\"", "}",
            ]
        }
        lines += ["", "resolver_preload {"]
        for account in accounts {
            lines.append("    # Account \(Self.comment(account.claims.common.name))")
            lines.append("    \(account.claims.common.subject.text): \(account.text)")
        }
        return (lines + ["}", ""]).joined(separator: "\n")
    }

    private static func comment(_ name: String) -> String {
        String(
            String.UnicodeScalarView(
                name.unicodeScalars.filter {
                    $0.properties.generalCategory != .control && !$0.properties.isWhitespace || $0 == " "
                }))
    }
}
