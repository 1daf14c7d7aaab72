import JOSE

/// What Entra ID has beside OpenID Connect: more groups than fit into a token.
public enum Entra {
    /// Whether the token left the groups out because they were too many (`_claim_names`, or `hasgroups`).
    public static func hasGroupOverage(_ claims: JWTClaims) -> Bool {
        claims["_claim_names"]?.object?["groups"] != nil || claims["hasgroups"]?.bool == true
    }

    /// Where to ask for all groups of the person, nested ones too, with their own access token for Graph. Never the
    /// address in `_claim_sources`: it is of another service, and a token would not be sent where a claim says.
    public static let groupsAddress =
        "https://graph.microsoft.com/v1.0/me/transitiveMemberOf/microsoft.graph.group?$select=id,displayName&$top=999"

    /// No more pages are followed.
    public static let pageLimit = 20

    /// One page of groups.
    public struct GroupPage: Sendable, Hashable {
        /// The groups' permanent ids, each with the name it has now.
        public let groups: [Group]
        /// Where the next page is, on the same host.
        public let next: String?

        /// A group.
        public struct Group: Sendable, Hashable {
            public let id: String
            public let name: String?
        }
    }

    /// Reads a page.
    ///
    /// - Throws: `refused`, `malformed_answer`, also for a next page that is elsewhere.
    public static func groups(status: Int, body: [UInt8]) throws(UpstreamFault) -> GroupPage {
        guard status == 200 else { throw UpstreamFault(.refused, "status \(status)") }
        guard body.count <= 262_144, let object = try? JSONObject(parsing: body), let list = object["value"]?.array
        else { throw UpstreamFault(.malformedAnswer, "groups") }
        var groups: [GroupPage.Group] = []
        for value in list {
            guard let id = value.object?["id"]?.text, EntraTenant.isOne(id) else {
                throw UpstreamFault(.malformedAnswer, "id")
            }
            groups.append(GroupPage.Group(id: id, name: value.object?["displayName"]?.text))
        }
        guard let next = object["@odata.nextLink"]?.text else { return GroupPage(groups: groups, next: nil) }
        guard let address = WebAddress(next), address.isSecure, address.host == "graph.microsoft.com",
            address.port == nil
        else { throw UpstreamFault(.malformedAnswer, "nextLink") }
        return GroupPage(groups: groups, next: next)
    }
}
