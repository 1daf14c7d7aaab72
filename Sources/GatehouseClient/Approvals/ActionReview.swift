import Foundation

/// An automated action that is to be reviewed before it is taken: each field is an attribute that rules may read, under
/// its own name.
public struct ReviewedAction: Sendable, Equatable {
    /// The request as it is sent.
    public let fields: [String: JSONValue]

    /// - Parameters:
    ///   - requestID: the caller's own name of the request.
    ///   - type: what is done, such as `code_fix`.
    ///   - service: what it is done to.
    ///   - requestedBy: who wants it; kept as a claim, because the caller is who the API key says.
    ///   - fields: everything else that rules may read, such as `environment` and `patch_content`.
    public init(
        requestID: String, type: String, service: String, requestedBy: String? = nil, fields: [String: JSONValue] = [:]
    ) {
        var all = fields
        all["request_id"] = .string(requestID)
        all["action_type"] = .string(type)
        all["service_name"] = .string(service)
        if let requestedBy { all["requested_by"] = .string(requestedBy) }
        self.fields = all
    }
}

/// What came of a review.
public struct ActionReview: Sendable, Equatable, Decodable {
    /// True permits; everything else refuses.
    public let isAllowed: Bool
    /// Why, in words.
    public let reason: String
    /// Whether it is permitted once others have approved.
    public let needsApproval: Bool
    /// What was asked to be approved; nil without a need.
    public let approval: String?
    /// Names of the rules that the action breaks.
    public let violations: [String]
    /// The frameworks of their policies.
    public let issues: [String]

    private enum CodingKeys: String, CodingKey {
        case isAllowed = "allowed"
        case reason
        case needsApproval = "approval_required"
        case approval = "approval_request_id"
        case violations = "policy_violations"
        case issues = "compliance_issues"
    }
}

/// How long `requireApproval` waits for people.
public struct ApprovalPatience: Sendable, Equatable {
    /// Altogether; zero asks and does not wait.
    public let total: Duration
    /// Between two looks.
    public let interval: Duration

    /// Values below zero count as zero, an interval below a tenth of a second as that.
    public init(total: Duration = .seconds(3_600), interval: Duration = .seconds(5)) {
        self.total = max(.zero, total)
        self.interval = max(.milliseconds(100), interval)
    }

    /// Asks, and does not wait.
    public static let none = ApprovalPatience(total: .zero)
}

/// The action was not taken.
public struct ActionRefused: Error, Sendable, Equatable, CustomStringConvertible {
    /// What stands in its way.
    public enum Cause: String, Sendable, Equatable {
        /// A rule forbids it.
        case denied
        /// Somebody has said no, or withdrew the request.
        case rejected
        /// Nobody has said yes within the workflow's time.
        case expired
        /// Nobody has yet; the request stays, and the same action asked for later goes on from it.
        case pending
    }

    public let cause: Cause
    /// In words, for the log.
    public let reason: String
    /// The request for approval, where there is one.
    public let approval: String?

    public init(_ cause: Cause, _ reason: String, approval: String? = nil) {
        (self.cause, self.reason, self.approval) = (cause, reason, approval)
    }

    public var description: String { "\(cause.rawValue): \(reason)" }
}
