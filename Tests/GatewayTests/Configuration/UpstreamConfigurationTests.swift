import OAuth
import Providers
import Testing
import Vocabulary

@testable import Gateway

@Suite("Providers that people are sent to, as the file has them") struct UpstreamConfigurationTests {
    private func read(_ line: String) throws -> Configuration {
        try WrittenFile.read(after: "providers: [ { id: idp, name: Provider, \(line) } ]")
    }

    private func settings(_ line: String) throws -> UpstreamProviderConfiguration {
        guard case .upstream(let settings)? = try read(line).providers.first?.kind else {
            throw Fault("test", .ourselves, "no provider")
        }
        return settings
    }

    /// The keys that are blamed, below the provider's own.
    private func faults(_ line: String) -> [String] {
        do {
            _ = try read(line)
            return []
        } catch {
            let prefix = "providers[0]."
            return ((error as? ConfigurationFaults)?.faults ?? []).map {
                $0.key.hasPrefix(prefix) ? String($0.key.dropFirst(prefix.count)) : $0.key
            }
        }
    }

    private let client = "client_id: a, client_secret_file: s"

    @Test("an OpenID provider needs its issuer and the client, and no more")
    func generic() throws {
        let provider = try settings("type: oidc, issuer: https://idp.example, \(client)")
        #expect(provider.description.discovery == "https://idp.example/.well-known/openid-configuration")
        #expect(provider.credential == .secret(.file("/etc/gatehouse/s")))
        #expect(provider.createsPeopleAtLogin && provider.saysSignInTime && !provider.signsOut)
        #expect(!provider.trustsUnverifiedMail && provider.multiFactor == OpenIDSettings.MultiFactorClaims())
        #expect(provider.description.scope.contains("openid"))
    }

    @Test("a plain OAuth 2 provider is written as configure_provider has it, flat or below config")
    func plain() throws {
        let own = """
            \(client), authorization_url: https://auth.company.com/oauth/authorize, \
            token_url: https://auth.company.com/oauth/token, userinfo_url: https://auth.company.com/userinfo
            """
        for line in ["type: oauth2, \(own)", "type: oauth2, config: { \(own) }"] {
            let provider = try settings(line)
            #expect(provider.description.endpoints?.token == "https://auth.company.com/oauth/token")
            #expect(provider.description.issuer == nil && provider.clientID == "a")
        }
    }

    @Test("presets bring what would have to be looked up")
    func presets() throws {
        let tenants = ["11111111-2222-3333-4444-555555555555", "66666666-2222-3333-4444-555555555555"]
        let one = try settings("type: oidc, preset: entra, tenants: [\(tenants[0])], \(client)")
        #expect(one.description.issuer == .exactly("https://login.microsoftonline.com/\(tenants[0])/v2.0"))
        let two = try settings("type: oidc, preset: entra, tenants: [\(tenants.joined(separator: ", "))], \(client)")
        #expect(two.description.issuer == .entra(tenants: Set(tenants)) && two.createsPeopleAtLogin)
        let google = try settings("type: oidc, preset: google, \(client)")
        #expect(!google.createsPeopleAtLogin && !google.saysSignInTime)
        #expect(try settings("type: oidc, preset: google, hosted_domain: a.example, \(client)").createsPeopleAtLogin)
        let gitHub = try settings("type: oauth2, preset: github, server: https://git.example, \(client)")
        #expect(gitHub.service == .gitHub(api: "https://git.example/api/v3") && !gitHub.createsPeopleAtLogin)
        #expect(gitHub.description.endpoints?.userInfo == "https://git.example/api/v3/user")
        let apple = try settings(
            "type: oidc, preset: apple, client_id: a, team_id: T, client_key_id: K, client_key_file: k.p8")
        #expect(apple.credential == .appleKey(.file("/etc/gatehouse/k.p8"), id: "K", team: "T"))
        #expect(
            try settings("type: oidc, preset: gitlab, \(client)").description.issuer == .exactly("https://gitlab.com"))
        let okta = try settings("type: oidc, preset: okta, issuer: https://x.okta.com/oauth2/default, \(client)")
        #expect(okta.description.issuer == .exactly("https://x.okta.com/oauth2/default"))
    }

    @Test("everything that is wrong is told at once, with its key")
    func wrong() {
        #expect(faults("type: oidc, \(client)") == ["issuer"])
        #expect(faults("type: oidc, issuer: http://idp.example, \(client)") == ["issuer"])
        #expect(faults("type: oidc, issuer: http://127.0.0.1:1, \(client)") == ["issuer"])
        #expect(faults("type: oidc, issuer: http://127.0.0.1:1, allow_private_addresses: true, \(client)") == [])
        #expect(faults("type: oidc, issuer: http://10.0.0.1, allow_private_addresses: true, \(client)") == ["issuer"])
        #expect(faults("type: oauth2, client_id: a") == ["authorization_url", "token_url", "userinfo_url"])
        #expect(faults("type: oidc, issuer: https://i.example, client_id: a, client_secret: s") == ["client_secret"])
        #expect(faults("type: oidc, preset: github, \(client)") == ["preset"])
        #expect(faults("type: oidc, preset: entra, \(client)") == ["tenants"])
        #expect(faults("type: oidc, preset: entra, tenants: [common], \(client)") == ["tenants"])
        #expect(faults("type: oidc, preset: apple, client_id: a") == ["client_key_file"])
        #expect(faults("type: oidc, issuer: https://i.example, \(client), scopes: [email]") == ["scopes"])
        #expect(
            faults("type: oidc, issuer: https://i.example, \(client), parameters: { state: fixed }") == ["parameters"])
        #expect(
            faults("type: oidc, issuer: https://i.example, \(client), attributes: { mail: upn }") == ["attributes"])
        #expect(faults("type: oidc, issuer: https://i.example, \(client), colour: red") == ["colour"])
        #expect(faults("type: oauth2, preset: github, client_id: a") == ["client_secret_file"])
        #expect(faults("type: kerberos") == ["type"])
    }
}
