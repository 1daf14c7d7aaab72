import JOSE

/// The `claims` parameter (OpenID Connect Core §5.5): single claims asked for, in the ID token or at userinfo.
public struct ClaimsRequest: Sendable, Hashable, Codable {
    /// No longer text than this is read, in bytes.
    public static let byteLimit = 8_192
    /// No more claims than this are read, of each place.
    public static let countLimit = 64

    /// What is asked of one claim.
    public struct Wish: Sendable, Hashable, Codable {
        public let name: String
        public let isEssential: Bool
        /// Texts of which the claim should have one; empty when any will do.
        public let values: [String]

        public init(name: String, isEssential: Bool = false, values: [String] = []) {
            self.name = name
            self.isEssential = isEssential
            self.values = values
        }
    }

    public let idToken: [Wish]
    public let userInfo: [Wish]

    public static let none = ClaimsRequest(idToken: [], userInfo: [])

    public init(idToken: [Wish], userInfo: [Wish]) {
        self.idToken = idToken
        self.userInfo = userInfo
    }

    /// Reads the parameter's value.
    ///
    /// - Throws: `invalid_request` for what is not the JSON it has to be; members that are not understood are ignored.
    public static func read(_ text: String?) throws(OAuthError) -> ClaimsRequest {
        guard let text else { return .none }
        guard text.utf8.count <= byteLimit, let object = try? JSONObject(parsing: Array(text.utf8)) else {
            throw OAuthError(.invalidRequest, "claims is not a JSON object, or too long")
        }
        return ClaimsRequest(
            idToken: try wishes(object["id_token"]), userInfo: try wishes(object["userinfo"]))
    }

    private static func wishes(_ value: JSONValue?) throws(OAuthError) -> [Wish] {
        guard let value, value != .null else { return [] }
        guard let object = value.object, object.count <= countLimit else {
            throw OAuthError(.invalidRequest, "a member of claims is not an object, or too large")
        }
        var wishes: [Wish] = []
        for name in object.names { wishes.append(try wish(name, object[name])) }
        return wishes
    }

    private static func wish(_ name: String, _ value: JSONValue?) throws(OAuthError) -> Wish {
        guard let value, value != .null else { return Wish(name: name) }
        guard let object = value.object else {
            throw OAuthError(.invalidRequest, "what is asked of a claim is neither null nor an object")
        }
        let one = object["value"]?.text.map { [$0] }
        return Wish(
            name: name, isEssential: object["essential"]?.bool ?? false,
            values: one ?? object["values"]?.array?.compactMap(\.text) ?? [])
    }

    /// §5.5.1.1: the authentication contexts without which nothing may be issued; empty when none is essential.
    public var essentialACRValues: [String] {
        idToken.first { $0.name == "acr" && $0.isEssential }?.values ?? []
    }

    /// What §5.5.1.1 asks for without insisting.
    public var voluntaryACRValues: [String] {
        idToken.first { $0.name == "acr" && !$0.isEssential }?.values ?? []
    }

    /// §5.5.1: the person who has to be signed in for the request to succeed.
    public var requiredSubject: String? { idToken.first { $0.name == "sub" }?.values.first }
}
