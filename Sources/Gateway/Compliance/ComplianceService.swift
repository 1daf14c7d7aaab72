import Crypto
import Governance
import Logging
import Storage
import Synchronization
import Vocabulary

/// Frameworks, how their controls stand, and dated and signed assessments. Everything is read from the journal; the writer
/// is asked once for each batch, to keep what was signed.
public final class ComplianceService: Sendable {
    public let catalogues: CatalogueShelf
    let store: Store
    private let reader: EvidenceReader
    private let tenants: TenantTable
    private let clock: @Sendable () -> Timestamp
    /// The newest counts by tenant and framework, for metrics.
    let counts = Mutex<[TenantID: [String: [ControlStatus: Int]]]>([:])

    init(
        _ catalogues: CatalogueShelf, store: Store, tenants: TenantTable, clock: @escaping @Sendable () -> Timestamp
    ) {
        self.catalogues = catalogues
        self.store = store
        self.tenants = tenants
        self.clock = clock
        reader = EvidenceReader(store: store)
    }

    /// The present moment, asked at the edge.
    func now() -> Timestamp { clock() }

    // MARK: Live

    /// How a framework's controls stand now. Nothing is written.
    ///
    /// - Throws: `not_found` for a framework there is no catalogue of.
    public func status(_ framework: String, in tenant: TenantID) async throws -> Assessment {
        let file = try catalogues.file(framework)
        let reading = try await reader.reading(of: tenant)
        let assessment = make(file, reading, tenant, at: max(clock(), reading.book.at))
        note([assessment], in: tenant)
        return assessment
    }

    /// How the controls of every framework stand now.
    public func status(in tenant: TenantID) async throws -> [Assessment] {
        let reading = try await reader.reading(of: tenant)
        let moment = max(clock(), reading.book.at)
        let all = catalogues.all.map { make($0, reading, tenant, at: moment) }
        note(all, in: tenant)
        return all
    }

    // MARK: Assessments

    /// Judges frameworks, all without a choice, signs each judgement, and keeps it with an event in the journal.
    ///
    /// - Parameters:
    ///   - position: the last event to take into account; the newest without one.
    ///   - moment: as of when; without one the event's own time where a position is named, and else now. The same
    ///     position and moment give the same document, to the byte.
    /// - Throws: `not_found` for an unknown framework, `invalid` for a position there is not and for a moment before it.
    public func assess(
        _ frameworks: [String] = [], upTo position: Int64? = nil, at moment: Timestamp? = nil, by caller: Caller
    ) async throws -> [AssessmentEntry] {
        let files = try frameworks.isEmpty ? catalogues.all : frameworks.map { try catalogues.file($0) }
        let reading = try await reader.reading(of: caller.tenant, upTo: position, anew: true)
        let asOf = moment ?? (position == nil ? max(clock(), reading.book.at) : reading.book.at)
        guard asOf >= reading.book.at else {
            throw Fault.invalid("The moment lies before the event at position \(reading.book.position).")
        }
        let made = try files.map { try sign(make($0, reading, caller.tenant, at: asOf), in: caller.tenant) }
        return try await keep(made, by: caller)
    }

    /// A document that is signed and not kept yet.
    private struct Made: Sendable {
        let assessment: Assessment
        let document: [UInt8]
        let key: KeyID
        let signature: [UInt8]
    }

    private func sign(_ assessment: Assessment, in tenant: TenantID) throws -> Made {
        let document = try assessment.document()
        let signed = try store.keys.sign(SignedAssessment.message(document), tenant: tenant)
        return Made(assessment: assessment, document: document, key: signed.keyID, signature: signed.signature)
    }

    private func keep(_ made: [Made], by caller: Caller) async throws -> [AssessmentEntry] {
        try await store.write(.spool) { tx in
            try made.map { made in
                let row = StoredAssessment(made.assessment, made.document, made.key, made.signature, at: tx.now)
                try tx.sql.insert(row, document: made.document)
                try tx.append(
                    caller.event("compliance.assessed", Stream("compliance.assessment", row.id), facts: row.facts))
                return AssessmentEntry(row)
            }
        }
    }

    /// A tenant's assessments in the order they were made, those after one.
    public func list(
        in tenant: TenantID, framework: String?, after id: AssessmentID?, limit: Int
    ) async throws -> [AssessmentEntry] {
        try await store.read { sql in
            try sql.assessments(in: tenant, framework: framework, after: id, limit: limit).map(AssessmentEntry.init)
        }
    }

    /// One assessment with the document as it was signed. Throws `not_found`.
    public func assessment(_ id: AssessmentID, in tenant: TenantID) async throws -> KeptAssessment {
        let (stored, document) = try await stored(id, in: tenant)
        return KeptAssessment(
            entry: AssessmentEntry(stored), assessment: try Assessment(document: document), document: document)
    }

    private func stored(
        _ id: AssessmentID, in tenant: TenantID
    ) async throws -> (row: StoredAssessment, document: [UInt8]) {
        guard let found = try await store.read({ try $0.assessment(id, in: tenant) }) else {
            throw Fault.notFound("assessment")
        }
        return (found.assessment, found.document)
    }

    /// The same in the envelope that is handed on. Throws `not_found`.
    public func signed(_ id: AssessmentID, in tenant: TenantID) async throws -> SignedAssessment {
        let (stored, document) = try await stored(id, in: tenant)
        guard let key = store.keys.publishedKeys(tenant).first(where: { $0.id == stored.keyID }) else {
            throw Fault("assessment.no_key", .ourselves, "The key that signed the assessment is not known here.")
        }
        return SignedAssessment(document, stored.signature, by: key)
    }

    /// Makes a stored assessment again, from the journal as it is now, and answers whether the bytes are the same: a
    /// journal or a catalogue that was changed since gives other ones. Throws `not_found`.
    public func isReproducible(_ id: AssessmentID, in tenant: TenantID) async throws -> Bool {
        let (stored, document) = try await stored(id, in: tenant)
        let name = try Assessment(document: document).basis.tenantName
        let reading = try await reader.reading(of: tenant, upTo: stored.position, anew: true)
        let again = make(
            try catalogues.file(stored.framework), reading, tenant, named: name, at: stored.moment)
        return try again.document() == document
    }

    private func make(
        _ file: CatalogueFile, _ reading: EvidenceReading, _ tenant: TenantID, named name: String? = nil,
        at moment: Timestamp
    ) -> Assessment {
        Assessment(
            file.catalogue, reading.book,
            Assessment.Basis(
                tenant: tenant, tenantName: name ?? tenants.tenant(tenant)?.slug ?? "", epoch: reading.book.epoch,
                position: reading.book.position, root: reading.root, catalogueDigest: file.digest, moment: moment))
    }

    private func note(_ assessments: [Assessment], in tenant: TenantID) {
        counts.withLock { counts in
            for assessment in assessments {
                counts[tenant, default: [:]][assessment.framework] = Dictionary(
                    uniqueKeysWithValues: ControlStatus.allCases.map { ($0, assessment.count($0)) })
            }
        }
    }
}

extension Assessment {
    /// The bytes that are signed: JSON with its members in order, so that equal assessments have equal bytes.
    func document() throws -> [UInt8] {
        let json = try JSONColumn.text(of: self)
        return Array(json.utf8)
    }

    /// Reads a document back.
    public init(document: [UInt8]) throws {
        self = try JSONColumn.decode(Assessment.self, String(decoding: document, as: UTF8.self))
    }
}

extension StoredAssessment {
    init(
        _ assessment: Assessment, _ document: [UInt8], _ key: KeyID, _ signature: [UInt8], at now: Timestamp
    ) {
        self.init(
            tenant: assessment.basis.tenant, id: AssessmentID.random(at: now), framework: assessment.framework,
            position: assessment.basis.position, moment: assessment.basis.moment, madeAt: now,
            satisfied: assessment.count(.satisfied), notSatisfied: assessment.count(.notSatisfied),
            noEvidence: assessment.count(.noEvidence), digest: Array(SHA256.hash(data: document)), keyID: key,
            signature: signature)
    }

    /// What the journal says of it.
    var facts: [Fact] {
        [
            Fact("framework", .word(framework)), Fact("position", .integer(position)), Fact("moment", .time(moment)),
            Fact("digest", .digest(digest)), Fact("satisfied", .integer(Int64(satisfied))),
            Fact("not_satisfied", .integer(Int64(notSatisfied))), Fact("no_evidence", .integer(Int64(noEvidence))),
            Fact("key", .id(keyID, "key")),
        ]
    }
}
