extension UpstreamAttempt {
    /// No longer code is read, in bytes: some providers' are tokens themselves.
    public static let codeByteLimit = 8_192

    /// Reads the provider's answer, and gives the code in it.
    ///
    /// The caller has found the attempt by the browser's cookie, and has marked it as used: one answer, one login.
    ///
    /// - Parameters:
    ///   - parameters: of the query, or of the body for `form_post`.
    ///   - client: of the address that the answer came to.
    /// - Throws: `wrong_state`, `expired_attempt`, `wrong_issuer`, `refused`, `malformed_answer`.
    public func code(in parameters: Parameters, client: UpstreamClient, now: Int64) throws(UpstreamFault) -> String {
        // First, whose answer it is: before that nothing in it is of interest, not even an error.
        guard Texts.same(provider, client.provider), SHA256Text.same(parameters["state"], state) else {
            throw UpstreamFault(.wrongState)
        }
        guard now >= startedAt, now - startedAt < Self.lifetime else { throw UpstreamFault(.expiredAttempt) }
        try checkIssuer(parameters["iss"], client)
        if let error = parameters["error"] { throw UpstreamFault(.refused, String(error.prefix(64))) }
        guard let code = parameters["code"], Texts.isName(code, upTo: Self.codeByteLimit) else {
            throw UpstreamFault(.malformedAnswer, "code")
        }
        return code
    }

    /// RFC 9207 §2.4: compared when it is there, and asked for when the provider says that it always is.
    private func checkIssuer(_ named: String?, _ client: UpstreamClient) throws(UpstreamFault) {
        guard let named else {
            guard !client.namesItselfInResponses else { throw UpstreamFault(.wrongIssuer, "iss is missing") }
            return
        }
        guard let issuer = client.issuer else { return }
        guard issuer.accepts(named) else { throw UpstreamFault(.wrongIssuer, "iss") }
    }
}
