import SAML
import Vocabulary

/// What is settled for an application that speaks SAML beside its metadata.
public struct SAMLApplicationSettings: Sendable, Hashable, Codable {
    /// What people are shown; its entity id where there is none.
    public var title: String?
    /// Where the application's metadata are.
    public var metadata: MetadataPlace
    /// How it is answered, by the rules of the protocol.
    public var policy = ServiceProviderPolicy()
    /// What is told of people beyond what rules of the whole tenant tell, by the names of `saml.attributes`.
    public var attributes: [String] = []
    /// The value of a name whose format is neither transient nor persistent: an address, or a format of the application's
    /// own.
    public var nameIDSource = ClaimSource.mail
    /// Other groups of service providers that it belongs to, whose names it may ask for (SAML Core §3.4.1.1).
    public var affiliations: [String] = []
    /// Addresses that somebody who comes without a request of the application's may be sent on to (`RelayState`); one who
    /// asks for none gets none.
    public var startTargets: [String] = []

    /// Where metadata come from.
    public enum MetadataPlace: Sendable, Hashable, Codable {
        /// They were handed over, and are kept as they came.
        case document(String)
        /// A file of the administrator's, read again when it changes.
        case file(String)
        /// An address, fetched again and again; signed with one of these keys, in PEM, where any are given.
        case address(String, keys: [String])
        /// A responder of the Metadata Query Protocol.
        case query(String, keys: [String])
    }

    public init(metadata: MetadataPlace) { self.metadata = metadata }

    /// What was written before there was a member has its usual value.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func texts(_ key: CodingKeys) throws -> [String] {
            try values.decodeIfPresent([String].self, forKey: key) ?? []
        }
        metadata = try values.decode(MetadataPlace.self, forKey: .metadata)
        title = try values.decodeIfPresent(String.self, forKey: .title)
        policy = try values.decodeIfPresent(ServiceProviderPolicy.self, forKey: .policy) ?? policy
        attributes = try texts(.attributes)
        nameIDSource = try values.decodeIfPresent(ClaimSource.self, forKey: .nameIDSource) ?? nameIDSource
        affiliations = try texts(.affiliations)
        startTargets = try texts(.startTargets)
    }
}

extension SAMLApplicationSettings {
    /// What no settings go beyond.
    public enum Limit {
        public static let titleBytes = 256
        public static let attributes = 128
        public static let affiliations = 32
        public static let startTargets = 64
        /// PEM texts that fetched metadata may be signed with.
        public static let keys = 8
        /// Metadata that are handed over and kept: those of one application, never a federation's.
        public static let documentBytes = 256 << 10
        public static let addressBytes = 2_048
    }

    /// Everything that is wrong with these settings, by the member's name in the configuration and the API.
    ///
    /// - Parameter known: the names of `saml.attributes`.
    func faults(knownAttributes known: [String]) -> [(member: String, reason: String)] {
        var faults: [(member: String, reason: String)] = []
        func require(_ isRight: Bool, _ member: String, _ reason: String) {
            if !isRight { faults.append((member, reason)) }
        }
        require((title?.utf8.count ?? 1) <= Limit.titleBytes, "title", "has more than \(Limit.titleBytes) bytes.")
        let format = policy.nameIDFormat
        require(
            (1...256).contains(format?.utf8.count ?? 1), "name_id_format", "has to be a format of 256 bytes at most.")
        require(
            format == nil || !policy.omitsNameID, "omit_name_id",
            "cannot stand beside name_id_format: there is no name to have it.")
        require(
            format != NameIDFormat.encrypted, "name_id_format", "is only ever asked for; say `encryption` in its place."
        )
        require(
            policy.signsResponse || policy.signsAssertion, "sign_response",
            "cannot be off together with sign_assertion: nothing would prove who says it.")
        let contexts = AuthnContextOrder.usual.steps.joined().map { $0 }
        require(
            policy.minimumContext.map { Exact.holds(contexts, $0) } ?? true, "minimum_context",
            "is none that is known here, which are \(contexts.joined(separator: ", ")).")
        require(attributes.count <= Limit.attributes, "attributes", "are more than \(Limit.attributes).")
        for name in attributes.prefix(Limit.attributes) where !known.contains(name) {
            faults.append(
                (
                    "attributes",
                    "`\(name.prefix(64))` is none of saml.attributes, which are \(known.joined(separator: ", "))."
                ))
        }
        require(affiliations.count <= Limit.affiliations, "affiliations", "are more than \(Limit.affiliations).")
        require(
            affiliations.allSatisfy { (1...EntityDescriptor.entityIDLimit).contains($0.utf8.count) }, "affiliations",
            "have to be names of 1 to \(EntityDescriptor.entityIDLimit) bytes.")
        require(startTargets.count <= Limit.startTargets, "start_targets", "are more than \(Limit.startTargets).")
        require(
            startTargets.allSatisfy { RelayState($0) != nil }, "start_targets",
            "have to be of 1 to \(RelayState.byteLimit) bytes, without control characters (SAML Bindings §3.4.3).")
        return faults
    }
}
