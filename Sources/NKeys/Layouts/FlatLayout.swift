import JOSE

/// One folder with a manifest: `manifest.json`, `keys/{id}/…`, `certificates/{id}/…` and `nats/{id}.creds`.
///
/// Keys and certificates are whatever else is exported beside the credentials; they come ready made.
public struct FlatLayout: Sendable {
    /// Whose export it is, and what else the manifest says of it.
    public struct Export: Sendable {
        public var manifestID: String
        public var organizationID: String
        public var organizationName: String
        /// RFC 3339.
        public var timestamp: String
        public var eventsCount: Int64
        public var correlationID: String

        /// An export of an organization.
        public init(
            manifestID: String, organizationID: String, organizationName: String, timestamp: String, eventsCount: Int64,
            correlationID: String
        ) {
            self.manifestID = manifestID
            self.organizationID = organizationID
            self.organizationName = organizationName
            self.timestamp = timestamp
            self.eventsCount = eventsCount
            self.correlationID = correlationID
        }
    }

    /// A file of another kind: a key in `keys`, or a certificate in `certificates`.
    public struct Item: Sendable {
        public var id: String
        /// What the manifest calls a key's `purpose` and a certificate's `subject`.
        public var label: String
        public var fileName: String
        /// Such as `Pem`.
        public var format: String
        public var content: SecretOctets

        /// A file with what the manifest says of it.
        public init(id: String, label: String, fileName: String, format: String, content: SecretOctets) {
            self.id = id
            self.label = label
            self.fileName = fileName
            self.format = format
            self.content = content
        }
    }

    /// Credentials under the id of whom they are for.
    public struct Identity: Sendable {
        public var id: String
        public var credentials: Credentials

        /// Credentials of an operator, an account or a user.
        public init(id: String, _ credentials: Credentials) {
            self.id = id
            self.credentials = credentials
        }
    }

    private let export: Export
    private let keys: [Item]
    private let certificates: [Item]
    private let identities: [Identity]

    /// A layout of these things.
    public init(_ export: Export, keys: [Item] = [], certificates: [Item] = [], identities: [Identity]) {
        self.export = export
        self.keys = keys
        self.certificates = certificates
        self.identities = identities
    }

    /// The files.
    ///
    /// - Throws: `NATSFault`: `invalid_name`, `duplicate_file`.
    public func plan() throws -> FilePlan {
        var plan = FilePlan()
        for key in keys { try plan.add(["keys", key.id, key.fileName], .ownerWrites, key.content) }
        for item in certificates { try plan.add(["certificates", item.id, item.fileName], .allRead, item.content) }
        for identity in identities {
            try plan.add(["nats", identity.id + ".creds"], .ownerReads, identity.credentials.text())
        }
        try plan.add(["manifest.json"], .ownerWrites, manifest)
        return try plan.finished()
    }

    /// Members in the order that the form has them in.
    private var manifest: String {
        let object: JSONObject = [
            "manifest_id": .string(export.manifestID), "organization_id": .string(export.organizationID),
            "organization_name": .string(export.organizationName), "export_timestamp": .string(export.timestamp),
            "keys": .array(keys.map { $0.entry("key_id", "purpose", "keys") }),
            "certificates": .array(certificates.map { $0.entry("cert_id", "subject", "certificates") }),
            "nats_configs": .array(identities.map(\.entry)), "events_count": .integer(export.eventsCount),
            "correlation_id": .string(export.correlationID),
        ]
        return String(decoding: object.serialized, as: UTF8.self) + "\n"
    }
}

extension FlatLayout.Item {
    fileprivate func entry(_ idName: String, _ labelName: String, _ folder: String) -> JSONValue {
        let object: JSONObject = [
            idName: .string(id), labelName: .string(label), "path": .string("\(folder)/\(id)/\(fileName)"),
            "format": .string(format),
        ]
        return .object(object)
    }
}

extension FlatLayout.Identity {
    fileprivate var entry: JSONValue {
        let object: JSONObject = [
            "identity_id": .string(id), "identity_type": .string(credentials.token.claims.type),
            "identity_name": .string(credentials.token.claims.common.name), "path": .string("nats/\(id).creds"),
        ]
        return .object(object)
    }
}
