import Vocabulary

/// How a control stands.
public enum ControlStatus: String, Sendable, Codable, CaseIterable, Hashable {
    case satisfied
    case notSatisfied = "not_satisfied"
    /// Nothing recorded answers it, or not all of it. Never counted as satisfied.
    case noEvidence = "no_evidence"
}

/// One control with what was found.
public struct ControlResult: Sendable, Hashable, Codable {
    public let id: String
    public let title: String
    public let status: ControlStatus
    /// What keeps it from being satisfied, a sentence each; empty where it is.
    public let gaps: [String]
    public let evidence: [Evidence]

    /// Judges a control by the journal as a book has it.
    public init(_ control: Control, _ book: EvidenceBook, at moment: Timestamp) {
        let evidence = control.requirements.map { book.evidence(for: $0, at: moment) }
        (id, title, self.evidence) = (control.id, control.title, evidence)
        gaps =
            evidence.isEmpty
            ? ["The gateway records nothing that shows this; it has to be shown by other means."]
            : evidence.filter { $0.verdict != .met }.map(\.reason)
        if evidence.contains(where: { $0.verdict == .unmet }) {
            status = .notSatisfied
        } else {
            status = gaps.isEmpty ? .satisfied : .noEvidence
        }
    }
}

/// The controls of one framework, judged as of a position of one tenant's journal and a moment: a pure function of the
/// catalogue, the events up to there and the moment, so that it can be made again and comes out the same to the byte.
public struct Assessment: Sendable, Hashable, Codable {
    /// The form of the document; raised when a member changes its meaning.
    public static let formatVersion = 1

    /// What it was made of.
    public struct Basis: Sendable, Hashable, Codable {
        public let tenant: TenantID
        /// The tenant's slug at the time, for readers.
        public let tenantName: String
        public let epoch: Int64
        /// The last event that is taken into account.
        public let position: Int64
        /// Root of the journal's tree over the events up to there (RFC 9162), in hexadecimal.
        public let root: String
        /// SHA-256 of the catalogue's file, in hexadecimal.
        public let catalogueDigest: String
        /// As of when ages and deadlines are judged.
        public let moment: Timestamp

        /// What an assessment is to be made of.
        public init(
            tenant: TenantID, tenantName: String, epoch: Int64, position: Int64, root: String, catalogueDigest: String,
            moment: Timestamp
        ) {
            (self.tenant, self.tenantName, self.epoch, self.position) = (tenant, tenantName, epoch, position)
            (self.root, self.catalogueDigest, self.moment) = (root, catalogueDigest, moment)
        }

        enum CodingKeys: String, CodingKey {
            case tenant, epoch, position, root, moment
            case tenantName = "tenant_name"
            case catalogueDigest = "catalogue_digest"
        }
    }

    public let version: Int
    public let framework: String
    public let name: String
    public let edition: String
    public let basis: Basis
    public let controls: [ControlResult]

    /// Judges every control of a catalogue.
    public init(_ catalogue: ControlCatalogue, _ book: EvidenceBook, _ basis: Basis) {
        version = Self.formatVersion
        (framework, name, edition) = (catalogue.framework, catalogue.name, catalogue.edition)
        self.basis = basis
        controls = catalogue.controls.map { ControlResult($0, book, at: basis.moment) }
    }

    /// How many controls stand so.
    public func count(_ status: ControlStatus) -> Int { controls.count { $0.status == status } }
}
