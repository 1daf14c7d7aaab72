import ArgumentParser
import Fetch
import Foundation
import Vocabulary

extension ClientCommand {
    struct Add: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a client, and prints what to paste into it.",
            discussion: """
                An application that people sign in to: --redirect URI, and --public where it cannot keep a secret. A \
                device: --device. A service in its own name: --service-account ACCOUNT.
                """)
        @Argument(help: "Its client_id.") var client: String
        @Option(help: "What people are shown.") var name: String?
        @OptionGroup(title: "Applications") var application: Application
        @OptionGroup(title: "Services") var service: Service
        @OptionGroup(title: "Tokens") var tokens: Tokens
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard application.isUsed || !service.grants.isEmpty else {
                throw ValidationError(
                    "Say what \(client) is: --redirect URI for an application, --device, --service-account ACCOUNT, or --grant."
                )
            }
        }

        var request: ActRequest {
            var metadata = members(["client_name": name, "scope": tokens.scope ?? application.scope])
            let grants = application.grants + service.grants
            metadata["grant_types"] = .list(grants.map(AttributeValue.string))
            metadata.merge(application.metadata) { $1 }
            metadata.merge(tokens.metadata(isPublic: application.isPublic)) { $1 }
            var settings = members(["service_account": service.serviceAccount])
            if !service.answersFor.isEmpty {
                settings["answers_for"] = .list(service.answersFor.map(AttributeValue.string))
            }
            if application.noConsent { settings["consent"] = false }
            if !tokens.claim.isEmpty { settings["claims"] = .object(tokens.claims) }
            return (
                .post, api("clients"),
                ["client_id": .string(client), "metadata": .object(metadata), "settings": .object(settings)]
            )
        }

        func sentence(_ answer: AttributeValue) -> String {
            let issuer = answer.cell("issuer")
            var lines = ["Made \(client). Paste into the application:", "  issuer         \(issuer)"]
            if application.isUsed {
                lines += [
                    "  discovery      \(issuer)/.well-known/openid-configuration",
                    "  authorization  \(issuer)/oauth2/authorize",
                ]
            }
            lines += ["  token endpoint \(issuer)/oauth2/token", "  client_id      \(client)"]
            if let secret = answer["client_secret"]?.string { lines.append("  client_secret  \(secret)") }
            for uri in application.redirect { lines.append("  redirect URI   \(uri)") }
            if let scope = answer["client"]?["metadata"]?["scope"]?.string, !scope.isEmpty {
                lines.append("  scopes         \(scope)")
            }
            if !application.redirect.isEmpty, !application.noPkce { lines.append("  PKCE           S256") }
            if tokens.showsCertificate {
                lines.append(
                    "  certificate    shown at the addresses of mtls_endpoint_aliases in the discovery document")
            }
            if answer["client_secret"] != nil { lines.append("The secret is not shown again.") }
            return lines.joined(separator: "\n")
        }
    }

    /// What makes a client one that people sign in to.
    struct Application: ParsableArguments {
        @Option(help: "Where people come back to, byte for byte. May be repeated.") var redirect: [String] = []
        @Option(help: "Where people go after signing out. May be repeated.") var postLogout: [String] = []
        @Option(help: "Where it hears that a session has ended.") var backchannelLogout: String?
        @Flag(name: .customLong("public"), help: "It cannot keep a secret: a page, a telephone, a program.")
        var isPublic = false
        @Flag(help: "It runs on people's own machines: loopback addresses and schemes of its own.") var native = false
        @Flag(help: "It is a device without a browser (RFC 8628).") var device = false
        @Flag(help: "People are not asked: the organization's own application.") var noConsent = false
        @Flag(help: "It knows people by names that nobody else does.") var pairwise = false
        @Flag(help: "It does not use PKCE; only for one that has a secret and sends a nonce.") var noPkce = false

        var isUsed: Bool { !redirect.isEmpty || device }

        var grants: [String] {
            (redirect.isEmpty ? [] : ["authorization_code"])
                + (device ? ["urn:ietf:params:oauth:grant-type:device_code"] : []) + (isUsed ? ["refresh_token"] : [])
        }

        /// What is asked for where nothing is said.
        var scope: String? { isUsed ? "openid profile email offline_access" : nil }

        var metadata: [String: AttributeValue] {
            var metadata: [String: AttributeValue] = [:]
            if !redirect.isEmpty { metadata["redirect_uris"] = .list(redirect.map(AttributeValue.string)) }
            if !postLogout.isEmpty {
                metadata["post_logout_redirect_uris"] = .list(postLogout.map(AttributeValue.string))
            }
            if let backchannelLogout { metadata["backchannel_logout_uri"] = .string(backchannelLogout) }
            if native { metadata["application_type"] = "native" }
            if pairwise { metadata["subject_type"] = "pairwise" }
            if noPkce { metadata["require_pkce"] = false }
            return metadata
        }
    }

    /// What makes a client a service.
    struct Service: ParsableArguments {
        @Option(help: "The service account it acts as in its own name.") var serviceAccount: String?
        @Option(help: "A resource that it answers for, whose tokens it may introspect. May be repeated.")
        var answersFor: [String] = []
        @Option(help: "A further grant, such as urn:ietf:params:oauth:grant-type:token-exchange. May be repeated.")
        var grant: [String] = []

        var grants: [String] { (serviceAccount == nil ? [] : ["client_credentials"]) + grant }
    }

    /// What its tokens are like, and how it proves itself.
    struct Tokens: ParsableArguments {
        @Option(help: "Scopes it may ask for, such as \"orders:read orders:write\".") var scope: String?
        @Option(help: "A resource it may get tokens for (RFC 8707). May be repeated.") var resource: [String] = []
        @Option(help: "A claim of its own, as NAME=SOURCE, such as groups=groups. May be repeated.")
        var claim: [String] = []
        @Option(
            help: """
                client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth or \
                self_signed_tls_client_auth.
                """)
        var authentication: String?
        @Option(
            help: """
                Its public keys, as a JWK set or the address of one, for private_key_jwt; with certificates in x5c for \
                self_signed_tls_client_auth.
                """)
        var keys: String?
        @Option(help: "For tls_client_auth: the subject of its certificate, such as CN=shop,O=Example.")
        var certificateSubject: String?
        @Option(
            help: "For tls_client_auth: another name of its certificate, as dns:, uri:, ip: or email: and the name.")
        var certificateName: String?
        @Flag(help: "Its tokens are bound to the certificate of its connections (RFC 8705).")
        var certificateBound = false
        @Option(help: "What its ID tokens are signed with: ES256, RS256, PS256 or EdDSA.") var idTokenAlg: String?
        @Option(help: "jwt or opaque.") var tokenFormat = "opaque"
        @Flag(help: "Its tokens are bound to a key it proves (RFC 9449).") var dpop = false

        func validate() throws {
            for text in claim where text.split(separator: "=", maxSplits: 1).count != 2 {
                throw ValidationError("--claim \(text) is not of the form NAME=SOURCE.")
            }
            guard certificateName == nil || certificateMember != nil else {
                throw ValidationError("--certificate-name begins with dns:, uri:, ip: or email:, then the name.")
            }
            guard certificateName == nil || certificateSubject == nil else {
                throw ValidationError("A certificate is known by --certificate-subject or by --certificate-name.")
            }
        }

        var claims: [String: AttributeValue] {
            Dictionary(
                claim.map { text in
                    let parts = text.split(separator: "=", maxSplits: 1)
                    return (String(parts[0]), .string(String(parts.last ?? "")))
                }, uniquingKeysWith: { $1 })
        }

        /// The one thing that a certificate is known by (RFC 8705 §2.1.2), by its member.
        private var certificateMember: (name: String, value: String)? {
            if let certificateSubject { return ("tls_client_auth_subject_dn", certificateSubject) }
            guard let certificateName, let colon = certificateName.firstIndex(of: ":") else { return nil }
            let (kind, value) = (certificateName[..<colon], certificateName[certificateName.index(after: colon)...])
            guard ["dns", "uri", "ip", "email"].contains(kind), !value.isEmpty else { return nil }
            return ("tls_client_auth_san_\(kind)", String(value))
        }

        /// Whether the client opens its connections with a certificate.
        var showsCertificate: Bool { certificateBound || method.contains("tls_client_auth") }

        /// What is said to be meant: who names a subject means the certificate.
        private var method: String {
            authentication ?? (certificateMember == nil ? "client_secret_basic" : "tls_client_auth")
        }

        func metadata(isPublic: Bool) -> [String: AttributeValue] {
            var metadata: [String: AttributeValue] = [
                "token_endpoint_auth_method": .string(isPublic ? "none" : method),
                "access_token_format": .string(tokenFormat),
            ]
            if let member = certificateMember { metadata[member.name] = .string(member.value) }
            if certificateBound { metadata["tls_client_certificate_bound_access_tokens"] = true }
            if dpop { metadata["dpop_bound_access_tokens"] = true }
            if !resource.isEmpty { metadata["resources"] = .list(resource.map(AttributeValue.string)) }
            if let idTokenAlg { metadata["id_token_signed_response_alg"] = .string(idTokenAlg) }
            guard let keys else { return metadata }
            if keys.hasPrefix("https://") {
                metadata["jwks_uri"] = .string(keys)
            } else {
                let read = try? JSONDecoder().decode(AttributeValue.self, from: Data(keys.utf8))
                metadata["jwks"] = read ?? .string(keys)
            }
            return metadata
        }
    }
}
