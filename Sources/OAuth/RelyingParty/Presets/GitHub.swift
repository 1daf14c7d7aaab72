import JOSE

/// What GitHub has beside OAuth 2: addresses of mail apart from the person, and a way to ask whose a token is.
public enum GitHub {
    /// Where the mail addresses of the person are.
    public static let mailAddress = "https://api.github.com/user/emails"

    /// Where to ask, with the application's id and secret as Basic, whether a token is of this application:
    /// `{"access_token": …}` by POST.
    public static func tokenCheck(clientID: String) -> String {
        "https://api.github.com/applications/\(FormCoding.encode(clientID))/token"
    }

    /// Holds the answer to the application: a token that another application got proves nothing to this one.
    ///
    /// - Throws: `foreign_token`, `malformed_answer`.
    /// - Returns: the numeric id of the person the token is of.
    public static func person(inTokenCheck status: Int, body: [UInt8], clientID: String) throws(UpstreamFault) -> Int64
    {
        // 404 for a token that is not of this application, or of none.
        guard status == 200 else { throw UpstreamFault(.foreignToken, "status \(status)") }
        guard body.count <= UpstreamUserInfo.byteLimit, let object = try? JSONObject(parsing: body) else {
            throw UpstreamFault(.malformedAnswer, "token check")
        }
        guard let app = object["app"]?.object?["client_id"]?.text, Texts.same(app, clientID) else {
            throw UpstreamFault(.foreignToken, "client_id")
        }
        guard let person = object["user"]?.object?["id"]?.integer else { throw UpstreamFault(.noSubject, "id") }
        return person
    }

    /// The address that is the person's first and that they confirmed; nil when there is none.
    ///
    /// - Throws: `malformed_answer`.
    public static func confirmedMail(status: Int, body: [UInt8]) throws(UpstreamFault) -> String? {
        guard status == 200 else { throw UpstreamFault(.refused, "status \(status)") }
        // A bare array: wrapped, so that the one strict reader reads it.
        guard body.count <= UpstreamUserInfo.byteLimit,
            let wrapped = try? JSONObject(parsing: Array("{\"a\":".utf8) + body + [UInt8(ascii: "}")]),
            wrapped.count == 1, let list = wrapped["a"]?.array
        else { throw UpstreamFault(.malformedAnswer, "emails") }
        return list.lazy.compactMap(\.object)
            .first { $0["primary"]?.bool == true && $0["verified"]?.bool == true }?["email"]?.text
    }
}
