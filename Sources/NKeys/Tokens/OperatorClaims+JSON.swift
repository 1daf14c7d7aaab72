extension OperatorClaims {
    init(_ common: CommonClaims, _ reader: inout ClaimsReader) throws {
        self.init(
            common, signingKeys: try reader.keys("signing_keys", .operator),
            systemAccount: try reader.key("system_account", .account))
        strictSigningKeys = try reader.flag("strict_signing_key_usage")
        accountServerAddress = try reader.text("account_server_url")
        serviceAddresses = try reader.texts("operator_service_urls")
        oldestServer = try reader.text("assert_server_version")
    }

    func write(_ writer: inout ClaimsWriter) {
        writer.set("signing_keys", signingKeys)
        writer.set("system_account", systemAccount?.text)
        writer.set("strict_signing_key_usage", strictSigningKeys)
        writer.set("account_server_url", accountServerAddress)
        writer.set("operator_service_urls", serviceAddresses)
        writer.set("assert_server_version", oldestServer)
    }
}
