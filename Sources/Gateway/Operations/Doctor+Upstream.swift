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
}
