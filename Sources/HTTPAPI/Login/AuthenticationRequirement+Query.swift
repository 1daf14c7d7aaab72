import Authorization
import Vocabulary

extension AuthenticationRequirement {
    /// What asks the login for it, to follow another query parameter of its address.
    var query: String {
        var query = ""
        if let strength { query += "&acr=" + ASCII.percentEncode(strength.acr) }
        if let maxAgeSeconds { query += "&max_age=\(maxAgeSeconds)" }
        return query
    }
}
