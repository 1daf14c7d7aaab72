/// What a user's token says: its rights.
public struct UserClaims: Sendable, Equatable {
    public var common: CommonClaims
    /// `.ofScope` where a scoped signing key says what the user may do.
    public var rights: UserRights

    /// A user with these rights.
    public init(_ common: CommonClaims, rights: UserRights) {
        self.common = common
        self.rights = rights
    }

    /// Everything that is wrong with these claims, or odd.
    public func faults() -> [NATSFault] { common.faults(.user) + rights.faults("nats") }
}

/// What an activation says: that an account may import what another exports to those with a token only.
public struct ActivationClaims: Sendable, Equatable {
    /// About the account that imports.
    public var common: CommonClaims
    /// What it may import, or less of it.
    public var subject: String
    public var kind: ExportKind

    /// Leave to import a subject.
    public init(_ common: CommonClaims, subject: String, kind: ExportKind) {
        self.common = common
        self.subject = subject
        self.kind = kind
    }

    /// Everything that is wrong with these claims, or odd.
    public func faults() -> [NATSFault] { common.faults(.account) + subjectFaults(subject, "nats.subject") }
}

/// What is wrong with a subject.
func subjectFaults(_ text: String, _ place: String) -> [NATSFault] {
    do {
        _ = try NATSSubject(text, place: place)
        return []
    } catch let fault as NATSFault {
        return [fault]
    } catch {
        return []
    }
}
