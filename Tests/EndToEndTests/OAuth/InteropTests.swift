import Foundation
import Testing

/// Clients that others wrote and people use, set up as their manuals say, working with a gateway that is served for
/// them (`Tests/Interop`), and providers that a gateway is a client of. One that is not installed is skipped by name.
@Suite("Clients and providers of others", .timeLimit(.minutes(3)))
struct InteropTests {
    private static func offers(_ name: String) -> Bool { OutsideJudge.interop.isReady(["--offers", name]) }

    private func works(_ name: String) async throws {
        let report = try await OutsideJudge.interop.judge([name])
        #expect(report.status == 0, "\(OutsideJudge.failures(in: report))")
        #expect(report.output.contains("PASSED   \(name)"), "\(report.output) \(report.error.suffix(2_000))")
    }

    @Test(
        "Authlib signs in, reads userinfo, refreshes, introspects, revokes and signs out",
        .enabled(if: offers("authlib"), "SKIPPED: PyPI's authlib is not installed"))
    func authlib() async throws { try await works("authlib") }

    @Test(
        "idpyoidc signs in, reads userinfo, refreshes and signs out",
        .enabled(if: offers("idpyoidc"), "SKIPPED: PyPI's idpyoidc is not installed"))
    func idpyoidc() async throws { try await works("idpyoidc") }

    @Test(
        "mod_auth_openidc signs in, and a sign-out elsewhere ends its session",
        .enabled(if: offers("mod_auth_openidc"), "SKIPPED: Debian's libapache2-mod-auth-openidc is not installed"))
    func modAuthOpenIDC() async throws { try await works("mod_auth_openidc") }

    @Test(
        "mod_oauth2 takes tokens by the key set and by introspection, and refuses what was tampered with",
        .enabled(if: offers("mod_oauth2"), "SKIPPED: Debian's libapache2-mod-oauth2 is not installed"))
    func modOAuth2() async throws { try await works("mod_oauth2") }

    @Test(
        "oidc-agent keeps tokens fresh, by a refresh token and by a device code",
        .enabled(if: offers("oidc-agent"), "SKIPPED: Debian's oidc-agent-cli is not installed"))
    func oidcAgent() async throws { try await works("oidc-agent") }

    @Test(
        "sssd's oidc_child signs somebody in by a device code",
        .enabled(if: offers("sssd"), "SKIPPED: Debian's sssd-idp is not unpacked (`.ci/oidc-child .build-sssd`)"))
    func sssd() async throws { try await works("sssd") }

    @Test(
        "the SDK of the Model Context Protocol gets in at a server of its own behind nginx, by the server's address alone",
        .enabled(if: offers("mcp"), "SKIPPED: PyPI's mcp or nginx is not installed"))
    func modelContextProtocol() async throws { try await works("mcp") }

    // MARK: Providers

    @Test(
        "another gateway as provider: sign-in, groups, logout both ways, max_age, and an Authlib client behind both",
        .enabled(if: offers("gatehouse"), "SKIPPED: PyPI's authlib is not installed"))
    func gatehouse() async throws { try await works("gatehouse") }

    @Test(
        "oidc-provider-mock as provider: sign-in, claims and groups anew each time, and none of its lies is believed",
        .enabled(if: offers("oidc-provider-mock"), "SKIPPED: PyPI's oidc-provider-mock is not installed"))
    func oidcProviderMock() async throws { try await works("oidc-provider-mock") }

    @Test(
        "glewlwyd as provider: sign-in, groups, sign-out there, and none of its answers that were changed is believed",
        .enabled(if: offers("glewlwyd"), "SKIPPED: Debian's glewlwyd is not unpacked (`.ci/glewlwyd .build-glewlwyd`)"))
    func glewlwyd() async throws { try await works("glewlwyd") }

    @Test(
        "LemonLDAP::NG as provider: sign-in, groups, a fresh proof, sign-out there, and no answer that was changed",
        .enabled(if: offers("lemonldap"), "SKIPPED: Debian's LemonLDAP::NG is not unpacked (`.ci/lemonldap`)"))
    func lemonLDAP() async throws { try await works("lemonldap") }
}
