extension AccountClaims {
    var exportFaults: [NATSFault] {
        exports.flatMap { $0.faults("nats.exports") } + ExportKind.allCases.flatMap(overlappingExports)
    }

    /// Of two exports of a kind, none may be within the other: a server would not know which was meant.
    private func overlappingExports(_ kind: ExportKind) -> [NATSFault] {
        let subjects = exports.filter { $0.kind == kind }.compactMap { try? NATSSubject($0.subject) }
        var index = SubjectIndex()
        return subjects.enumerated().compactMap { number, subject in
            let other = index.first(overlapping: subject) {
                subjects[$0].contains(subject) || subject.contains(subjects[$0])
            }
            index.insert(subject, number)
            return other.map { other in
                NATSFault(
                    .overlappingSubjects, "nats.exports",
                    "have the \(kind.rawValue) \(quoted(subject.text)) and \(quoted(subjects[other].text))",
                    "One is within the other: export one of them.")
            }
        }
    }

    var importFaults: [NATSFault] {
        imports.flatMap { $0.faults("nats.imports", of: common.subject) } + overlappingImports
    }

    private var overlappingImports: [NATSFault] {
        let services = imports.filter { $0.kind == .service }.compactMap { item in
            (try? NATSSubject(item.nameHere)).map { (subject: $0, account: item.account) }
        }
        var index = SubjectIndex()
        return services.enumerated().compactMap { number, item in
            func isInside(_ other: Int) -> Bool {
                services[other].subject.contains(item.subject) || item.subject.contains(services[other].subject)
            }
            let mine = index.first(overlapping: item.subject) { isInside($0) && services[$0].account == item.account }
            let other = mine ?? index.first(overlapping: item.subject, where: isInside)
            index.insert(item.subject, number)
            return other.map { other in
                let fault = NATSFault(
                    .overlappingSubjects, "nats.imports",
                    "have the service \(quoted(item.subject.text)) and \(quoted(services[other].subject.text))",
                    "Give them local subjects that do not overlap.")
                // Of two accounts it is a choice between them, which servers before 2.12 refuse.
                return mine == nil ? fault.asWarning : fault
            }
        }
    }
}

extension Export {
    func faults(_ place: String) -> [NATSFault] {
        subjectFaults(subject, place) + serviceFaults(place) + positionFaults(place) + latencyFaults(place)
            + informationFaults(description, informationAddress, place)
            + revocations.keys.keys.compactMap { $0.fault(.account, place + ".revocations") }
    }

    private func serviceFaults(_ place: String) -> [NATSFault] {
        var problems: [String] = []
        if kind == .stream {
            if responseType != nil { problems.append("is a stream with a type of answers") }
            if responseThreshold != nil { problems.append("is a stream with a time for answers") }
            if latency != nil { problems.append("is a stream with latency") }
            if allowTrace { problems.append("is a stream that allows traces") }
        }
        if let responseThreshold, responseThreshold < 0 { problems.append("has a time for answers below zero") }
        return problems.map { NATSFault(.invalidExport, place, "\(quoted(subject)) \($0)", "Leave it out.") }
    }

    private func positionFaults(_ place: String) -> [NATSFault] {
        guard let accountTokenPosition, let subject = try? NATSSubject(subject) else { return [] }
        let isPlaceholder =
            (1...subject.count).contains(accountTokenPosition) && subject.tokens[accountTokenPosition - 1] == .one
        guard !isPlaceholder else { return [] }
        return [
            NATSFault(
                .invalidExport, place + ".account_token_position",
                "is \(accountTokenPosition), where \(quoted(subject.text)) has no *",
                "Name a * of the subject, counted from 1.")
        ]
    }

    private func latencyFaults(_ place: String) -> [NATSFault] {
        guard let latency else { return [] }
        var faults = subjectFaults(latency.results, place + ".service_latency.results")
        if (try? NATSSubject(latency.results))?.hasWildcards ?? false {
            faults.append(
                NATSFault(
                    .malformedSubject, place + ".service_latency.results", "has a wildcard",
                    "Nothing is published to one."))
        }
        if let percent = latency.percent, !(1...100).contains(percent) {
            faults.append(
                NATSFault(
                    .invalidLimit, place + ".service_latency.sampling", "is \(percent)", "Write 1 to 100, or headers."))
        }
        return faults
    }
}

extension Import {
    /// What it is called in the importing account, with a `*` for each reference.
    var nameHere: String {
        if let to, !to.isEmpty { return to }
        guard let localSubject else { return subject }
        return localSubject.split(separator: ".", omittingEmptySubsequences: false)
            .map { Self.reference($0) == nil ? String($0) : "*" }.joined(separator: ".")
    }

    /// The number behind `$` in a token.
    fileprivate static func reference(_ token: Substring) -> Int? {
        guard token.hasPrefix("$"), token.utf8.count > 1, token.utf8.count < 5,
            token.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(token.dropFirst())
    }

    func faults(_ place: String, of importer: NKey) -> [NATSFault] {
        var faults = subjectFaults(subject, place) + renameFaults(place)
        faults += account.fault(.account, place + ".account").map { [$0] } ?? []
        if share, kind == .stream {
            faults.append(
                NATSFault(.invalidImport, place, "\(quoted(subject)) is a stream that shares", "Only services share."))
        }
        if allowTrace, kind == .service {
            faults.append(
                NATSFault(
                    .invalidImport, place, "\(quoted(subject)) is a service that allows traces", "Leave it out."))
        }
        return faults + activationFaults(place, importer)
    }

    private func renameFaults(_ place: String) -> [NATSFault] {
        guard to == nil else {
            let problem = localSubject == nil ? "is the older way to rename" : "and local_subject both rename"
            return (to.map { subjectFaults($0, place + ".to") } ?? []) + [
                NATSFault(
                    .invalidImport, place + ".to", problem, "Write local_subject only.",
                    localSubject == nil ? .warning : .blocking)
            ]
        }
        guard let localSubject else { return [] }
        let local = place + ".local_subject"
        let broken = subjectFaults(localSubject, local)
        guard broken.isEmpty, let from = try? NATSSubject(subject), let here = try? NATSSubject(localSubject) else {
            return broken
        }
        let references = localSubject.split(separator: ".").compactMap(Self.reference)
        guard here.endsOpen == from.endsOpen,
            here.placeholderCount + references.count == from.placeholderCount,
            references.allSatisfy({ $0 >= 1 && $0 <= from.placeholderCount })
        else {
            return [
                NATSFault(
                    .invalidImport, local, "\(quoted(localSubject)) does not stand for \(quoted(subject))",
                    "It needs one * or $1, $2 … for each *, and ends in > where the subject does.")
            ]
        }
        return []
    }

    private func activationFaults(_ place: String, _ importer: NKey) -> [NATSFault] {
        guard let activation else { return [] }
        let place = place + ".token"
        func refuse(_ problem: String) -> [NATSFault] {
            [NATSFault(.invalidImport, place, problem, "Ask the exporting account for an activation.")]
        }
        guard let token = try? NATSToken(activation), case .activation(let claims) = token.claims else {
            return refuse("is no activation")
        }
        guard token.account == account else { return refuse("was issued by another account") }
        guard claims.common.subject == importer else { return refuse("is for another account") }
        guard claims.kind == kind else { return refuse("is for a \(claims.kind.rawValue)") }
        let asked = kind == .service ? to ?? subject : subject
        guard let allowed = try? NATSSubject(claims.subject), let asked = try? NATSSubject(asked),
            allowed.contains(asked)
        else { return refuse("is for \(quoted(claims.subject))") }
        return []
    }
}
