import Vocabulary

/// An assessment as it is stored: what lists show of it, and how it was signed.
public struct StoredAssessment: Sendable, Hashable {
    public let tenant: TenantID
    public let id: AssessmentID
    public let framework: String
    /// The last event of the journal that it takes into account.
    public let position: Int64
    /// As of when it judges.
    public let moment: Timestamp
    public let madeAt: Timestamp
    public let satisfied: Int
    public let notSatisfied: Int
    public let noEvidence: Int
    /// SHA-256 of the document.
    public let digest: [UInt8]
    public let keyID: KeyID
    /// Ed25519 over the document and what it is.
    public let signature: [UInt8]

    public init(
        tenant: TenantID, id: AssessmentID, framework: String, position: Int64, moment: Timestamp, madeAt: Timestamp,
        satisfied: Int, notSatisfied: Int, noEvidence: Int, digest: [UInt8], keyID: KeyID, signature: [UInt8]
    ) {
        (self.tenant, self.id, self.framework, self.position) = (tenant, id, framework, position)
        (self.moment, self.madeAt, self.satisfied) = (moment, madeAt, satisfied)
        (self.notSatisfied, self.noEvidence, self.digest) = (notSatisfied, noEvidence, digest)
        (self.keyID, self.signature) = (keyID, signature)
    }
}

extension SQLConnection {
    /// Keeps an assessment with the bytes that were signed.
    public func insert(_ assessment: StoredAssessment, document: [UInt8]) throws {
        try execute(
            """
            INSERT INTO compliance_assessment (tenant, id, framework, position, moment, made_at, satisfied,
                not_satisfied, no_evidence, digest, document, key_id, signature)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            """,
            [
                .id(assessment.tenant), .id(assessment.id), .text(assessment.framework),
                .integer(assessment.position), .time(assessment.moment), .time(assessment.madeAt),
                .integer(Int64(assessment.satisfied)), .integer(Int64(assessment.notSatisfied)),
                .integer(Int64(assessment.noEvidence)), .blob(assessment.digest), .blob(document),
                .id(assessment.keyID), .blob(assessment.signature),
            ])
    }

    /// A tenant's assessments by id, those after one, at most `limit` (1 to 1,000); of one framework where it is named.
    public func assessments(
        in tenant: TenantID, framework: String? = nil, after id: AssessmentID? = nil, limit: Int
    ) throws -> [StoredAssessment] {
        try query(
            StoredAssessment.columns
                + " WHERE tenant = ?1 AND (?2 IS NULL OR framework = ?2) AND (?3 IS NULL OR id > ?3)"
                + " ORDER BY id LIMIT ?4",
            [
                .id(tenant), .optional(framework), .id(id), .integer(Int64(min(max(1, limit), Store.pageLimit))),
            ]
        ).map(StoredAssessment.init(row:))
    }

    /// One assessment with its bytes, nil when the tenant has none of this id.
    public func assessment(
        _ id: AssessmentID, in tenant: TenantID
    ) throws -> (assessment: StoredAssessment, document: [UInt8])? {
        try queryOne(
            StoredAssessment.columnsWithDocument + " WHERE tenant = ?1 AND id = ?2", [.id(tenant), .id(id)]
        ).map { (try StoredAssessment(row: $0), try $0.blob(12)) }
    }

    /// When the tenant's newest assessment of a framework was made, nil when there is none.
    public func newestAssessment(of framework: String, in tenant: TenantID) throws -> Timestamp? {
        try queryOne(
            "SELECT MAX(made_at) FROM compliance_assessment WHERE tenant = ?1 AND framework = ?2",
            [.id(tenant), .text(framework)])?.optionalTime(0)
    }
}

extension StoredAssessment {
    private static let names =
        "tenant, id, framework, position, moment, made_at, satisfied, not_satisfied, no_evidence, digest, key_id,"
        + " signature"
    fileprivate static let columns = "SELECT \(names) FROM compliance_assessment"
    fileprivate static let columnsWithDocument = "SELECT \(names), document FROM compliance_assessment"

    fileprivate init(row: SQLRow) throws {
        self.init(
            tenant: try row.id(0), id: try row.id(1), framework: try row.text(2), position: try row.integer(3),
            moment: try row.time(4), madeAt: try row.time(5), satisfied: Int(try row.integer(6)),
            notSatisfied: Int(try row.integer(7)), noEvidence: Int(try row.integer(8)), digest: try row.blob(9),
            keyID: try row.id(10), signature: try row.blob(11))
    }
}
