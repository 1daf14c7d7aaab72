import JOSE

/// Dynamic registration (RFC 7591) and its management (RFC 7592), as far as it needs no store.
public enum DynamicRegistration {
    /// No larger body than this is read, in bytes.
    public static let bodyByteLimit = 65_536

    /// Reads the body of a registration.
    ///
    /// - Parameter clientID: the identifier the server gives the client.
    /// - Throws: every fault, told at once. A software statement is refused: nobody here could say who may make one.
    public static func read(
        _ body: [UInt8], clientID: String, policy: ClientMetadata.RegistrationPolicy
    ) throws(ClientMetadataFaults) -> ClientMetadata {
        let object = try object(body)
        guard object["software_statement"] == nil else { throw fault("software_statement", "is not taken") }
        return try ClientMetadata(reading: object, clientID: clientID, author: .stranger(policy))
    }

    /// Reads the body of an update (RFC 7592 §2.2): it names the client, and never what the server alone decides.
    public static func readUpdate(
        _ body: [UInt8], of clientID: String, policy: ClientMetadata.RegistrationPolicy
    ) throws(ClientMetadataFaults) -> ClientMetadata {
        let object = try object(body)
        guard let named = object["client_id"]?.text, Texts.same(named, clientID) else {
            throw fault("client_id", "is missing or another one")
        }
        let reserved = [
            "registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at",
        ]
        if let member = reserved.first(where: { object[$0] != nil }) { throw fault(member, "may not be sent") }
        return try ClientMetadata(reading: object, clientID: clientID, author: .stranger(policy))
    }

    private static func object(_ body: [UInt8]) throws(ClientMetadataFaults) -> JSONObject {
        guard body.count <= bodyByteLimit, let object = try? JSONObject(parsing: body) else {
            throw fault("body", "is not a JSON object, or too long")
        }
        return object
    }

    private static func fault(_ member: String, _ reason: String) -> ClientMetadataFaults {
        ClientMetadataFaults(faults: [ClientMetadataFault(member: member, reason: reason)])
    }

    /// What goes with the metadata in the answer, shown once.
    public struct Credentials: Sendable {
        /// Seconds since 1970.
        public var issuedAt: Int64
        public var secret: String?
        /// Seconds since 1970; zero when it does not expire.
        public var secretExpiresAt: Int64
        public var managementToken: String?
        public var managementURI: String?

        public init(
            issuedAt: Int64, secret: String? = nil, secretExpiresAt: Int64 = 0, managementToken: String? = nil,
            managementURI: String? = nil
        ) {
            self.issuedAt = issuedAt
            self.secret = secret
            self.secretExpiresAt = secretExpiresAt
            self.managementToken = managementToken
            self.managementURI = managementURI
        }
    }

    /// The answer to a registration, an update or a reading (RFC 7591 §3.2.1, RFC 7592 §3).
    public static func answer(_ client: ClientMetadata, _ credentials: Credentials) -> JSONObject {
        var json = client.json
        json["client_id_issued_at"] = .integer(credentials.issuedAt)
        if let secret = credentials.secret {
            json["client_secret"] = .string(secret)
            json["client_secret_expires_at"] = .integer(credentials.secretExpiresAt)
        }
        json.set("registration_access_token", credentials.managementToken)
        json.set("registration_client_uri", credentials.managementURI)
        return json
    }
}
