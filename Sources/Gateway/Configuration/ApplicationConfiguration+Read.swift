import OAuth
import Vocabulary

extension ApplicationConfiguration {
    init(_ section: ConfigurationSection, tenant fallback: String) {
        let key = section.text("id")
        let host = section.text("host").lowercased()
        self.init(
            key: key, tenant: section.text("tenant", default: fallback), name: section.text("name", default: key),
            host: host, publicURL: section.text("public_url", default: "https://\(host)"))
        // The key stands in addresses, in a cookie's name and in a header.
        if !(1...64).contains(key.utf8.count) || !key.utf8.allSatisfy(isCookieNameByte) {
            section.report("id", "must be 1 to 64 letters, digits, hyphens and underscores.")
        }
        if PublicURL(publicURL)?.host != host { section.report("public_url", "must be an https URL on `host`.") }
        resourceType = section.text("resource_type", default: resourceType)
        requiredStrength = section.integer("required_acr", default: 1, in: 1...2)
        if section.has("required_auth_age") {
            let age = section.duration("required_auth_age", default: .hours(12), in: .seconds(30)...(.days(365)))
            requiredAuthenticationAge = Int(age.components.seconds)
        }
        if let forward = section.optionalSection("forward_auth") {
            forwardAuth = forward.bool("enabled", default: true)
            for (method, action) in forward.dictionary("actions") { actions[method.uppercased()] = action }
            if let names = forward.optionalSection("headers") {
                headers.user = names.fieldName("user", default: headers.user)
                headers.name = names.fieldName("name", default: headers.name)
                headers.mail = names.fieldName("mail", default: headers.mail)
                headers.roles = names.fieldName("roles", default: headers.roles)
                headers.subject = names.fieldName("subject", default: headers.subject)
                headers.client = names.fieldName("client", default: headers.client)
                headers.scope = names.fieldName("scope", default: headers.scope)
                names.finish()
                let all = (headers.all + [Headers.authorization]).map { $0.lowercased() }
                if Set(all).count < all.count {
                    forward.report("headers", "must be different names, and none of them \(Headers.authorization).")
                }
            }
            sessionCookie = forward.text("session_cookie", default: sessionCookie)
            if !sessionCookie.utf8.allSatisfy({ isCookieNameByte($0) }) || sessionCookie.isEmpty {
                forward.report("session_cookie", "must be letters, digits, hyphens and underscores.")
            }
            forward.finish()
        } else {
            forwardAuth = false
        }
        if let tokens = section.optionalSection("access_tokens") { readResource(tokens) }
        section.finish()
    }
}

extension ApplicationConfiguration {
    private mutating func readResource(_ section: ConfigurationSection) {
        let origin = PublicURL(publicURL)?.origin ?? publicURL
        var made = ResourceConfiguration(identifier: section.text("resource", default: origin))
        // RFC 9728 §3.1: its document is found by putting a path between host and path of the identifier.
        if !made.isBelow(origin) {
            section.report(
                "resource", "must be the origin of `public_url`, or a path below it without query, dots and escapes.")
        }
        made.scopes = section.sections("scopes", limit: 64).map { entry in
            defer { entry.finish() }
            let name = entry.text("name")
            if !ScopeSet.isToken(name) { entry.report("name", "must be a scope-token (RFC 6749 §3.3).") }
            return ResourceConfiguration.Scope(
                name: name, actions: entry.has("actions") ? entry.texts("actions", limit: 64) : nil)
        }
        if Set(made.scopes.map(\.name)).count < made.scopes.count {
            section.report("scopes", "must be different names.")
        }
        made.requiresDPoP = section.bool("require_dpop", default: false)
        made.passesToken = section.bool("pass_token", default: false)
        made.documentation = section.optionalText("documentation")
        if made.documentation.map({ WebAddress($0)?.isSecure == true }) == false {
            section.report("documentation", "must be an https address.")
        }
        if section.bool("enabled", default: true) {
            resource = made
            if !forwardAuth { section.report("enabled", "needs `forward_auth` of the application.") }
        }
        section.finish()
    }
}

extension ConfigurationSection {
    /// The name of a header that nothing else means: letters, digits and hyphens after `X-` or `Remote-`. A name that is
    /// none would never be set, and then a browser could set it.
    fileprivate func fieldName(_ name: String, default fallback: String) -> String {
        let text = text(name, default: fallback)
        let lowered = text.lowercased()
        let isOurs = lowered.hasPrefix("x-") || lowered.hasPrefix("remote-")
        let isName = text.utf8.allSatisfy { $0 != 0x5F && isCookieNameByte($0) } && text.utf8.count <= 64
        if !isOurs || !isName || lowered.hasPrefix("x-forwarded-") || lowered.hasPrefix("x-original-") {
            report(name, "must be a header's name that begins with X- or Remote-, of letters, digits and hyphens.")
        }
        return text
    }
}

private func isCookieNameByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
        || byte == 0x5F
}
