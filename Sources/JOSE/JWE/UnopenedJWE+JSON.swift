extension UnopenedJWE {
    /// Recipients of one object.
    static let recipientLimit = 8

    /// Reads the JSON serializations, general and flattened (RFC 7516 §7.2): one value for each recipient whose
    /// algorithm we have, in their order.
    ///
    /// - Throws: `JOSEError`, also where none of the recipients can be read.
    public static func parse(json bytes: [UInt8]) throws -> [UnopenedJWE] {
        let json = try JSONObject(parsing: bytes)
        let envelope = try Envelope(json)
        var found: [UnopenedJWE] = []
        var refusal = JOSEError(.malformedToken, "recipients")
        for recipient in try recipients(of: json) {
            do {
                found.append(try envelope.token(for: recipient))
            } catch let error as JOSEError where error.reason == .unsupportedAlgorithm {
                refusal = error
            }
        }
        guard !found.isEmpty else { throw refusal }
        return found
    }

    /// RFC 7516 §7.2.2: an object is of one form or of the other, not of both.
    private static func recipients(of json: JSONObject) throws -> [JSONObject] {
        guard let value = json["recipients"] else {
            var recipient = JSONObject()
            for name in ["header", "encrypted_key"] { recipient[name] = json[name] }
            return [recipient]
        }
        guard json["header"] == nil, json["encrypted_key"] == nil, let elements = value.array else {
            throw JOSEError(.malformedToken, "recipients")
        }
        guard elements.count <= recipientLimit else { throw JOSEError(.tooLarge, "recipients") }
        return try elements.map { element in
            guard let object = element.object else { throw JOSEError(.malformedToken, "recipients") }
            return object
        }
    }

    /// What all recipients share.
    private struct Envelope {
        let protectedText: [UInt8]
        let protected: JSONObject
        let unprotected: JSONObject
        let content: [ArraySlice<UInt8>]
        let additional: [UInt8]

        init(_ json: JSONObject) throws {
            protectedText = try Self.text("protected", of: json)
            protected = protectedText.isEmpty ? [:] : try JOSEHeader.protectedParameters(protectedText[...])
            unprotected = try Self.object("unprotected", of: json)
            content = try ["iv", "ciphertext", "tag"].map { try Self.text($0, of: json)[...] }
            let data = try Self.text("aad", of: json)
            _ = try Base64URL.require(data[...], "aad")
            // RFC 7516 §5.1 step 14.
            additional = json["aad"] == nil ? protectedText : protectedText + [JWS.dot] + data
        }

        func token(for recipient: JSONObject) throws -> UnopenedJWE {
            let own = try Self.object("header", of: recipient)
            var outside = unprotected
            for name in own.names {
                guard outside[name] == nil else { throw JOSEError(.malformedHeader, "a name appears twice") }
                outside[name] = own[name]
            }
            let header = try JOSEHeader(protected: protected, unprotected: outside, understood: [])
            let key = try Self.text("encrypted_key", of: recipient)
            return try UnopenedJWE(header, parts: [key[...]] + content, additional: additional)
        }

        private static func text(_ name: String, of json: JSONObject) throws -> [UInt8] {
            guard let value = json[name] else { return [] }
            guard let text = value.text else { throw JOSEError(.malformedToken, name) }
            return Array(text.utf8)
        }

        private static func object(_ name: String, of json: JSONObject) throws -> JSONObject {
            guard let value = json[name] else { return [:] }
            guard let object = value.object else { throw JOSEError(.malformedToken, name) }
            return object
        }
    }
}
