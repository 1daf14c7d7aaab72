extension Migration {
    /// What was assessed, as it was signed.
    static let compliance: [Migration] = [
        Migration(number: 204, name: "compliance assessments", sql: assessments)
    ]

    // The document is kept to the byte: what was signed has to be shown, not made again by a later version.
    private static let assessments = """
        CREATE TABLE compliance_assessment (
            tenant BLOB NOT NULL,
            id BLOB NOT NULL,
            framework TEXT NOT NULL,
            position INTEGER NOT NULL,
            moment INTEGER NOT NULL,
            made_at INTEGER NOT NULL,
            satisfied INTEGER NOT NULL,
            not_satisfied INTEGER NOT NULL,
            no_evidence INTEGER NOT NULL,
            digest BLOB NOT NULL,
            document BLOB NOT NULL,
            key_id BLOB NOT NULL,
            signature BLOB NOT NULL,
            PRIMARY KEY (tenant, id)
        );
        CREATE INDEX compliance_assessment_by_framework ON compliance_assessment (tenant, framework, made_at);
        """
}
