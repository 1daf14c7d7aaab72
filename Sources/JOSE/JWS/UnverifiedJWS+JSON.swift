extension UnverifiedJWS {
    /// Signatures in one object.
    static let signatureLimit = 8

    /// Reads the JSON serializations, general and flattened (RFC 7515 §7.2): one value for each signature, in their
    /// order. Whose signatures are needed is the caller's to say.
    ///
    /// - Parameter payload: the payload where the object carries none.
    /// - Throws: `JOSEError`, also where only one of the signatures cannot be read.
    public static func parse(json bytes: [UInt8], detached payload: [UInt8]? = nil) throws -> [UnverifiedJWS] {
        let json = try JSONObject(parsing: bytes)
        let payloadText = try payloadText(of: json, isDetached: payload != nil)
        return try signatures(of: json).map { entry in
            // Members we do not know are read over, as §7.2.1 asks.
            guard let signature = entry["signature"]?.text else { throw JOSEError(.malformedToken, "signature") }
            return try UnverifiedJWS(
                protectedText: Array(try protectedText(of: entry).utf8)[...],
                payloadText: Array(payloadText.utf8)[...], signatureText: Array(signature.utf8)[...],
                unprotected: try unprotected(of: entry), detached: payload, payloadIsText: true)
        }
    }

    private static func payloadText(of json: JSONObject, isDetached: Bool) throws -> String {
        guard let value = json["payload"] else {
            guard isDetached else { throw JOSEError(.malformedToken, "payload") }
            return ""
        }
        guard let text = value.text else { throw JOSEError(.malformedToken, "payload") }
        return text
    }

    /// RFC 7515 §7.2.2: an object is of one form or of the other, not of both.
    private static func signatures(of json: JSONObject) throws -> [JSONObject] {
        guard let value = json["signatures"] else { return [json] }
        let isMixed = ["signature", "protected", "header"].contains { json[$0] != nil }
        guard !isMixed, let elements = value.array, !elements.isEmpty else {
            throw JOSEError(.malformedToken, "signatures")
        }
        guard elements.count <= signatureLimit else { throw JOSEError(.tooLarge, "signatures") }
        return try elements.map { element in
            guard let object = element.object else { throw JOSEError(.malformedToken, "signatures") }
            return object
        }
    }

    private static func protectedText(of entry: JSONObject) throws -> String {
        guard let value = entry["protected"] else { return "" }
        guard let text = value.text, !text.isEmpty else { throw JOSEError(.malformedToken, "protected") }
        return text
    }

    private static func unprotected(of entry: JSONObject) throws -> JSONObject {
        guard let value = entry["header"] else { return [:] }
        guard let object = value.object else { throw JOSEError(.malformedToken, "header") }
        return object
    }
}
