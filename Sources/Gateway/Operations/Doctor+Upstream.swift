import Logging
import Providers
import Vocabulary

extension Doctor {
    /// Whether a provider that people are sent to can be reached and says of itself what it has to.
    func examine(
        _ settings: UpstreamProviderConfiguration, of provider: ProviderConfiguration, _ subject: String
    ) async -> [Finding] {
        do {
            let openID = try OpenIDSettings(
                settings, key: provider.key, provider: .random(at: clock()), redirectURI: "https://localhost/")
            let outcome = try await OpenIDProvider(openID, fetch: try settings.route.fetch(), clock: clock).examine()
            return [Finding(subject: subject, isGood: true, detail: outcome)]
        } catch {
            return [Finding(subject: subject, isGood: false, detail: "\(LoginService.reason(of: error)): \(error)")]
        }
    }

    /// Whether an identity provider's metadata can be had and hold a key, with the keys of ours that are named.
    func examine(
        _ settings: SAMLProviderConfiguration, of provider: ProviderConfiguration, _ subject: String
    ) async -> [Finding] {
        do {
            let service = SAMLService(configuration.saml, tenants: TenantTable(), clock: clock)
            let outcome = try await SAMLProvider(
                settings, key: provider.key, provider: .random(at: clock()), tenant: .random(at: clock()),
                service: service, fetch: try settings.route.fetch(), clock: clock,
                logger: Logger(label: "doctor") { _ in SwiftLogNoOpLogHandler() }
            ).examine()
            return [Finding(subject: subject, isGood: true, detail: outcome)]
        } catch {
            return [Finding(subject: subject, isGood: false, detail: "\(LoginService.reason(of: error)): \(error)")]
        }
    }
}
