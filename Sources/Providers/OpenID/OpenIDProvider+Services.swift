import Fetch
import Identity
import JOSE
import OAuth
import Vocabulary

/// What single providers have beyond the standards.
extension OpenIDProvider {
    func askService(_ evidence: inout Evidence, _ accessToken: String) async throws {
        switch settings.service {
        case .standard: break
        case .gitHub(let api): try await askGitHub(&evidence, accessToken, api)
        case .entra: try await askGraph(&evidence, accessToken)
        }
    }

    // MARK: GitHub

    /// A token that another application got proves nothing to this one, whoever brings it.
    private func askGitHub(_ evidence: inout Evidence, _ accessToken: String, _ api: String) async throws {
        guard case .secret(let secret) = settings.proof else { throw UpstreamFault(.foreignToken, "no secret") }
        let basic = Base64.encode(Array("\(settings.clientID):\(secret.reveal())".utf8), .padded)
        let check = try await ask(
            api + "/applications/\(FormCoding.encode(settings.clientID))/token",
            [
                ("Accept", Self.gitHubJSON), ("Content-Type", "application/json"), ("Authorization", "Basic " + basic),
            ], post: (["access_token": .string(accessToken)] as JSONObject).serialized,
            limit: UpstreamUserInfo.byteLimit)
        let person = try GitHub.person(inTokenCheck: check.status, body: check.body, clientID: settings.clientID)
        guard evidence.userInfo?.claims["id"]?.integer == person else { throw UpstreamFault(.foreignUserInfo, "id") }
        guard settings.preset.scope.contains("user:email") else { return }
        let mail = try await ask(
            api + "/user/emails", [("Accept", Self.gitHubJSON), ("Authorization", "Bearer " + accessToken)],
            limit: UpstreamUserInfo.byteLimit)
        evidence.confirmedMail = try GitHub.confirmedMail(status: mail.status, body: mail.body)
    }

    private static let gitHubJSON = "application/vnd.github+json"

    // MARK: Entra ID

    /// The groups did not fit into the token: they are asked for, page by page. What lies beyond the last page that is
    /// followed would be missing without a word, so it refuses.
    private func askGraph(_ evidence: inout Evidence, _ accessToken: String) async throws {
        guard settings.preset.profile.groups != nil, let claims = evidence.idToken?.claims,
            Entra.hasGroupOverage(claims)
        else { return }
        var groups: [UpstreamGroup] = []
        var next: String? = Entra.groupsAddress
        for _ in 0..<Entra.pageLimit {
            guard let address = next else { break }
            let answer = try await ask(
                address, [("Accept", "application/json"), ("Authorization", "Bearer " + accessToken)],
                limit: 262_144)
            let page = try Entra.groups(status: answer.status, body: answer.body)
            groups += page.groups.map { UpstreamGroup(key: $0.id, name: $0.name ?? $0.id) }
            next = page.next
        }
        guard next == nil else { throw UpstreamFault(.malformedAnswer, "too many groups") }
        evidence.groups = groups
    }
}
