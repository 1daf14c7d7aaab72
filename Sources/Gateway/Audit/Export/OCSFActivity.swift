/// What an event is in the Open Cybersecurity Schema Framework, 1.7.0: its class and what was done. The numbers and the
/// captions are the framework's.
public enum OCSFActivity: Sendable, Hashable {
    /// 3001: something became of somebody's account or of what they prove themselves with.
    case account(Account)
    /// 3002: somebody proved who they are, or did not.
    case authentication(Authentication)
    /// 3003: a session came to be, and what it may.
    case authorizeSession
    /// 3005: somebody got or lost a right.
    case userAccess(Access)
    /// 3006: a group came, went, or has other members.
    case group(Group)
    /// 6003: something else was changed, by somebody or by the gateway itself.
    case api(API)
    /// 2003: a duty is broken, or is so no more.
    case complianceFinding(Finding)
    /// 2004: something stands out.
    case detectionFinding(Finding)

    /// What became of an account.
    public enum Account: Int, Sendable {
        case create = 1, enable, passwordChange, passwordReset, disable, delete
        case factorEnable = 10, factorDisable = 11
        case other = 99
    }

    /// A sign-in or its end.
    public enum Authentication: Int, Sendable {
        case logon = 1, logoff
        case other = 99
    }

    /// What became of a right.
    public enum Access: Int, Sendable { case assign = 1, revoke }

    /// What became of a group.
    public enum Group: Int, Sendable {
        case addUser = 3, removeUser, delete, create
        case other = 99
    }

    /// What a call of the API did.
    public enum API: Int, Sendable {
        case create = 1, read, update, delete
        case other = 99
    }

    /// What became of a finding.
    public enum Finding: Int, Sendable { case create = 1, update, close }

    /// `class_uid`.
    public var classUID: Int {
        switch self {
        case .account: 3_001
        case .authentication: 3_002
        case .authorizeSession: 3_003
        case .userAccess: 3_005
        case .group: 3_006
        case .api: 6_003
        case .complianceFinding: 2_003
        case .detectionFinding: 2_004
        }
    }

    /// `category_uid`: findings, identity and access management, application activity.
    public var categoryUID: Int { classUID / 1_000 }

    /// `class_name`.
    public var className: String {
        switch self {
        case .account: "Account Change"
        case .authentication: "Authentication"
        case .authorizeSession: "Authorize Session"
        case .userAccess: "User Access Management"
        case .group: "Group Management"
        case .api: "API Activity"
        case .complianceFinding: "Compliance Finding"
        case .detectionFinding: "Detection Finding"
        }
    }

    /// `activity_id`.
    public var activityID: Int {
        switch self {
        case .account(let one): one.rawValue
        case .authentication(let one): one.rawValue
        case .authorizeSession: 1
        case .userAccess(let one): one.rawValue
        case .group(let one): one.rawValue
        case .api(let one): one.rawValue
        case .complianceFinding(let one), .detectionFinding(let one): one.rawValue
        }
    }

    /// `type_uid`.
    public var typeUID: Int { classUID * 100 + activityID }
}
