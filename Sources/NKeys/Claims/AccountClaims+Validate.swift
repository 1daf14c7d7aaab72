extension AccountClaims {
    /// Everything that is wrong with these claims, or odd.
    public func faults() -> [NATSFault] {
        common.faults(.account) + limits.faults("nats.limits") + countFaults + exportFaults + importFaults
            + signingKeyFaults + defaultRights.faults("nats.default_permissions") + mappingFaults + calloutFaults
            + traceFaults + informationFaults(description, informationAddress, "nats")
            + revocations.keys.keys.compactMap { $0.fault(.user, "nats.revocations") }
    }

    private var countFaults: [NATSFault] {
        var faults: [NATSFault] = []
        if !limits.imports.allows(imports.count) {
            faults.append(
                NATSFault(
                    .invalidLimit, "nats.imports", "are \(imports.count), and \(limits.imports) are allowed",
                    "Raise nats.limits.imports, or import less."))
        }
        if !limits.exports.allows(exports.count) {
            faults.append(
                NATSFault(
                    .invalidLimit, "nats.exports", "are \(exports.count), and \(limits.exports) are allowed",
                    "Raise nats.limits.exports, or export less."))
        }
        if !limits.wildcardExports, exports.contains(where: { (try? NATSSubject($0.subject))?.hasWildcards ?? false }) {
            faults.append(
                NATSFault(
                    .invalidLimit, "nats.exports", "have wildcards, which nats.limits does not allow",
                    "Allow wildcards, or export single subjects."))
        }
        return faults
    }

    private var signingKeyFaults: [NATSFault] {
        var faults = signingKeys.compactMap { $0.key.fault(.account, "nats.signing_keys") }
        if Set(signingKeys.map(\.key)).count != signingKeys.count {
            faults.append(
                NATSFault(
                    .malformedClaims, "nats.signing_keys", "have a key twice", "Name each once: its scope counts."))
        }
        for case .scoped(let scope) in signingKeys {
            faults += scope.template.faults("nats.signing_keys.template", asTemplate: true)
        }
        return faults
    }

    private var mappingFaults: [NATSFault] {
        mappings.sorted { $0.key < $1.key }.flatMap { source, targets in
            subjectFaults(source, "nats.mappings") + targets.flatMap { subjectFaults($0.subject, "nats.mappings") }
                + Self.percentFaults(source, targets)
        }
    }

    private static func percentFaults(_ source: String, _ targets: [Mapping]) -> [NATSFault] {
        let single = targets.filter { !(1...100).contains($0.percent) }.map { _ in "a share that is no percentage" }
        let sums = Dictionary(grouping: targets.filter { (1...100).contains($0.percent) }, by: \.cluster)
            .filter { $0.value.reduce(0) { $0 + $1.percent } > 100 }.map { _ in "more than 100 percent" }
        return (single + sums).map {
            NATSFault(
                .invalidMapping, "nats.mappings", "lead \(quoted(source)) to \($0)",
                "Shares are 1 to 100, and no more than 100 together for each cluster.")
        }
    }

    private var calloutFaults: [NATSFault] {
        guard let callout else { return [] }
        let place = "nats.authorization"
        var faults = callout.users.compactMap { $0.fault(.user, place + ".auth_users") }
        faults += callout.accounts.compactMap { $0.fault(.account, place + ".allowed_accounts") }
        faults += callout.curveKey?.fault(.curve, place + ".xkey").map { [$0] } ?? []
        if callout.users.isEmpty {
            faults.append(
                NATSFault(.malformedClaims, place, "has nobody who decides", "Name users, or leave it out."))
        }
        if callout.anyAccount, !callout.accounts.isEmpty {
            faults.append(
                NATSFault(
                    .malformedClaims, place + ".allowed_accounts", "are any and some", "Name accounts, or take any."))
        }
        return faults
    }

    private var traceFaults: [NATSFault] {
        guard let trace else { return [] }
        var faults = subjectFaults(trace.destination, "nats.trace.dest")
        if (try? NATSSubject(trace.destination))?.hasWildcards ?? false {
            faults.append(
                NATSFault(.malformedSubject, "nats.trace.dest", "has a wildcard", "Nothing is published to one."))
        }
        if !(1...100).contains(trace.percent) {
            faults.append(
                NATSFault(.invalidLimit, "nats.trace.sampling", "is \(trace.percent)", "Write 1 to 100."))
        }
        return faults
    }
}

/// What is wrong with a description and the address of more.
func informationFaults(_ description: String?, _ address: String?, _ place: String) -> [NATSFault] {
    var faults: [NATSFault] = []
    if let description, description.utf8.count > ServiceAddress.infoByteLimit {
        faults.append(
            NATSFault(
                .tooLarge, place + ".description", "has \(description.utf8.count) bytes",
                "Write \(ServiceAddress.infoByteLimit) at most."))
    }
    if let address { faults += ServiceAddress.fault(address, place + ".info_url", needsHost: true).map { [$0] } ?? [] }
    return faults
}
