/// How an authorization request came, which says where its parameters are to be found.
public enum RequestCarriage: Sendable, Hashable {
    /// Beside nothing else, in the query or body itself.
    case parameters
    /// In a signed object: `RequestObject.verify`, and nothing from beside it.
    case signed
    /// At the server already: the record under this handle, and nothing from beside it.
    case pushed(handle: String)

    /// Says how a request came, and whose it is, before anything else of it is read.
    ///
    /// - Throws: for a page: nobody has said yet where to redirect.
    public static func read(_ parameters: Parameters) throws(OAuthError) -> (
        carriage: RequestCarriage, clientID: String
    ) {
        let clientID = try AuthorizationRequest.clientID(in: parameters)
        if let handle = try PushedRequest.reference(in: parameters) { return (.pushed(handle: handle), clientID) }
        return (RequestObject.isCarried(by: parameters) ? .signed : .parameters, clientID)
    }
}
