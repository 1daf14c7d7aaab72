extension SubjectRights {
    /// What is wrong with these rights. Blanks are allowed in the template of a scoped signing key only.
    func faults(_ place: String, asTemplate: Bool = false) -> [NATSFault] {
        publish.faults(place + ".pub", allowsQueues: false, asTemplate: asTemplate)
            + subscribe.faults(place + ".sub", allowsQueues: true, asTemplate: asTemplate)
            + subscribe.leaks.map { entry in
                NATSFault(
                    .malformedSubject, place + ".sub.allow",
                    "\(quoted(entry)) is taken by servers for leave to subscribe to all below it",
                    "Deny \(quoted(entry + ".>")), or allow it as it is taken.", .warning)
            }
            + (responses.map { $0.faults(place + ".resp") } ?? [])
    }
}

extension ResponsePermission {
    func faults(_ place: String) -> [NATSFault] {
        var faults: [NATSFault] = []
        if messages < -1 {
            faults.append(
                NATSFault(.invalidLimit, place + ".max", "is \(messages)", "Write -1 for no limit, or a number."))
        }
        if nanoseconds < -1 {
            faults.append(
                NATSFault(.invalidLimit, place + ".ttl", "is \(nanoseconds)", "Write -1 for ever, or nanoseconds."))
        }
        return faults
    }
}

extension SubjectPermissions {
    func faults(_ place: String, allowsQueues: Bool, asTemplate: Bool) -> [NATSFault] {
        [("allow", allow), ("deny", deny)].flatMap { name, list in
            list.flatMap {
                Self.faults($0, "\(place).\(name)", allowsQueues: allowsQueues, asTemplate: asTemplate)
            }
        }
    }

    private static func faults(
        _ entry: String, _ place: String, allowsQueues: Bool, asTemplate: Bool
    ) -> [NATSFault] {
        do {
            var text = entry
            if asTemplate {
                text = try SubjectTemplate(entry, place: place).filled { _ in "blank" }
            } else if entry.range(ofBraces: "{{") != nil {
                throw NATSFault(
                    .invalidTemplate, place, "has a blank", "Blanks are filled in scoped signing keys only.")
            }
            let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard words.count == 1 || (words.count == 2 && allowsQueues) else {
                throw NATSFault(
                    .malformedSubject, place, "\(quoted(entry)) has a space",
                    allowsQueues ? "Write one subject, and one queue behind one space." : "Write one subject.")
            }
            return try words.compactMap { word in
                let subject = try NATSSubject(word, place: place)
                guard subject.looksMistaken else { return nil }
                return NATSFault(
                    .malformedSubject, place,
                    "\(quoted(entry)) has * or > inside of a token, where they mean themselves",
                    "Let a wildcard be a token of its own.", .warning)
            }
        } catch let fault as NATSFault {
            return [fault]
        } catch {
            return []
        }
    }
}
