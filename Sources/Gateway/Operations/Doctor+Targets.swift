import Vocabulary

extension Doctor {
    /// Target systems: each is sent a message without changes, signed like any other, which it takes where it is there,
    /// is trusted, and has the same secret.
    func examineTargets() async -> [Finding] {
        var findings: [Finding] = []
        for target in configuration.governance.provisioning { findings.append(await examine(target)) }
        return findings
    }

    private func examine(_ target: ProvisioningConfiguration) async -> Finding {
        let host = PublicURL(target.url)?.host ?? target.url
        do {
            guard let url = PublicURL(target.url) else {
                throw Fault("doctor.target", .caller, "\(target.url) is not an address.", remedy: "Name an https URL.")
            }
            let webhook = try target.webhook(url)
            defer { webhook.shutdown() }
            try await webhook.post(
                ProvisioningMessage(tenant: nil, changes: []), at: clock(), refusal: "provisioning.refused")
            return Finding(
                subject: "targets", isGood: true, detail: "\(host) takes changes of access, by an empty one just now")
        } catch {
            return Finding(
                subject: "targets", isGood: false,
                detail: "\(host) takes no changes of access: \(error) See governance.provisioning: the address, the "
                    + "authority that signed its certificate, and the secret have to be the target's.")
        }
    }
}
