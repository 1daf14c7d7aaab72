/// What an operator's token says: who signs accounts, and where they are found.
public struct OperatorClaims: Sendable, Equatable {
    public var common: CommonClaims
    /// Further keys that sign in the operator's name.
    public var signingKeys: [NKey]
    /// Accounts are signed by signing keys only, and users by signing keys of their accounts only.
    public var strictSigningKeys: Bool
    /// The account in which servers speak of themselves.
    public var systemAccount: NKey?
    /// Where tools ask for accounts.
    public var accountServerAddress: String?
    /// Where tools reach servers: `nats://host:4222`.
    public var serviceAddresses: [String]
    /// The oldest server that may serve the operator, `major.minor.update`.
    public var oldestServer: String?

    /// An operator that signs with its own key, until more is set.
    public init(_ common: CommonClaims, signingKeys: [NKey] = [], systemAccount: NKey? = nil) {
        self.common = common
        self.signingKeys = signingKeys
        self.systemAccount = systemAccount
        strictSigningKeys = false
        serviceAddresses = []
    }

    /// Everything that is wrong with these claims, or odd.
    public func faults() -> [NATSFault] {
        var faults = common.faults(.operator)
        faults += signingKeys.compactMap { $0.fault(.operator, "nats.signing_keys") }
        faults += systemAccount?.fault(.account, "nats.system_account").map { [$0] } ?? []
        if let accountServerAddress {
            let place = "nats.account_server_url"
            faults += ServiceAddress.fault(accountServerAddress, place, needsHost: false).map { [$0] } ?? []
        }
        faults += serviceAddresses.compactMap { ServiceAddress.serverFault($0, "nats.operator_service_urls") }
        if let oldestServer, !Self.isVersion(oldestServer) {
            faults.append(
                NATSFault(
                    .malformedClaims, "nats.assert_server_version", "is \(quoted(oldestServer))",
                    "Write major.minor.update, such as 2.10.0."))
        }
        if strictSigningKeys, signingKeys.isEmpty {
            faults.append(
                NATSFault(
                    .missingClaim, "nats.signing_keys", "are none, and nothing else may sign",
                    "Name a signing key, or do not be strict.", .warning))
        }
        return faults
    }

    private static func isVersion(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.count <= 6 && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
            }
    }
}

extension NKey {
    /// Why it cannot stand where the key of this kind has to; nil when it can.
    func fault(_ expected: Kind, _ place: String) -> NATSFault? {
        guard kind != expected else { return nil }
        return NATSFault(
            .wrongKeyKind, place, "has the key of \(kind.article)", "The key of \(expected.article) belongs there.")
    }
}
