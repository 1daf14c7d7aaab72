import JOSE

/// A provider as an administrator writes it down: a name, a type (`oauth2` or `oidc`) and what goes with it.
public struct ConfiguredProvider: Sendable {
    public let name: String
    public let preset: ProviderPreset
    public let clientID: String
    public let clientSecret: String?

    /// Everything that is wrong, by member.
    public struct Faults: Error, Sendable, Hashable {
        public let faults: [ClientMetadataFault]
    }

    /// Reads `client_id`, `client_secret`, and of `oauth2` `authorization_url`, `token_url`, `userinfo_url` with the
    /// optional `scope` and `subject_member`; of `oidc` `issuer`, with the optional `scope`.
    ///
    /// - Parameter allowsLoopback: `http` on the own machine, to develop against.
    public init(name: String, type: String, config: JSONObject, allowsLoopback: Bool = false) throws(Faults) {
        var reader = MetadataReader(config)
        if name.isEmpty || name.utf8.count > 128 { reader.blame("name", "is missing or too long") }
        let id = reader.text("client_id", limit: 512)
        if id == nil { reader.blame("client_id", "is missing") }
        let scope = reader.scopes("scope")
        let secret = reader.text("client_secret", limit: PresentedCredentials.secretByteLimit)
        var preset: ProviderPreset?
        switch type {
        case "oauth2": preset = Self.plain(&reader, scope, allowsLoopback)
        case "oidc":
            preset = Self.address("issuer", &reader, allowsLoopback).map { ProviderPreset.openID(issuer: $0) }
            if let scope { preset?.scope = scope }
        default: reader.blame("type", "is not supported")
        }
        guard reader.faults.isEmpty, let preset, let id else { throw Faults(faults: reader.faults) }
        self.name = name
        self.preset = preset
        clientID = id
        clientSecret = secret
    }

    private static func plain(_ reader: inout MetadataReader, _ scope: ScopeSet?, _ allowsLoopback: Bool)
        -> ProviderPreset?
    {
        let authorization = address("authorization_url", &reader, allowsLoopback)
        let token = address("token_url", &reader, allowsLoopback)
        let userInfo = address("userinfo_url", &reader, allowsLoopback)
        let subject = reader.text("subject_member", limit: 64) ?? "sub"
        guard let authorization, let token, let userInfo else { return nil }
        return .plain(
            authorization: authorization, token: token, userInfo: userInfo,
            scope: scope ?? .empty, subject: subject)
    }

    private static func address(_ name: String, _ reader: inout MetadataReader, _ allowsLoopback: Bool) -> String? {
        let faultsBefore = reader.faults.count
        let address = reader.secureAddress(name, allowingLoopback: allowsLoopback)
        if address == nil, reader.faults.count == faultsBefore { reader.blame(name, "is missing") }
        return address
    }
}
