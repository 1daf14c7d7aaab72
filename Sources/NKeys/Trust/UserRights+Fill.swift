extension UserRights {
    /// A template's rights, with what is known of a user in its blanks, as servers fill them: a subject that comes out
    /// malformed is not allowed, and where all that was allowed is gone, so is everything.
    func filled(for user: CommonClaims, in account: CommonClaims) throws -> UserRights {
        var rights = self
        rights.subjects.publish = try subjects.publish.filled("pub", user, account)
        rights.subjects.subscribe = try subjects.subscribe.filled("sub", user, account)
        return rights
    }
}

extension SubjectPermissions {
    /// Most subjects that one may become, by users with many tags.
    private static let expansionLimit = 4_096

    fileprivate func filled(_ list: String, _ user: CommonClaims, _ account: CommonClaims) throws -> SubjectPermissions
    {
        let place = "nats.signing_keys.template.\(list)"
        let allowed = try allow.flatMap { entry in
            try Self.expand(entry, place, user, account).filter(Self.isSound)
        }
        let denied = try deny.flatMap { entry in
            let subjects = try Self.expand(entry, place, user, account)
            // What should be denied and cannot be written would not be denied.
            guard !subjects.isEmpty, subjects.allSatisfy(Self.isSound) else {
                throw NATSFault(
                    .scopeViolated, place + ".deny", "has a blank for which this user has nothing",
                    "Give the user the tag.")
            }
            return subjects
        }
        let isEmptied = allowed.isEmpty && !allow.isEmpty
        return SubjectPermissions(allow: allowed, deny: isEmptied ? denied + [">"] : denied)
    }

    private static func isSound(_ entry: String) -> Bool {
        let words = entry.split(separator: " ", omittingEmptySubsequences: false)
        return words.count <= 2 && words.allSatisfy { (try? NATSSubject(String($0))) != nil }
    }

    /// One subject for each tag that fits.
    private static func expand(
        _ entry: String, _ place: String, _ user: CommonClaims, _ account: CommonClaims
    ) throws -> [String] {
        let template = try SubjectTemplate(entry, place: place)
        var drafts = [""]
        for piece in template.pieces {
            let words: [String]
            switch piece {
            case .text(let text): words = [text]
            case .blank(let blank): words = Self.words(blank, user, account)
            }
            // A server would fill them in: whoever gives names would give rights.
            if case .blank = piece, words.contains(where: { $0.contains("*") || $0.contains(">") }) {
                throw NATSFault(
                    .scopeViolated, place, "would be filled with a wildcard", "Take * and > out of the name or tag.")
            }
            guard drafts.count * words.count <= expansionLimit else {
                throw NATSFault(.scopeViolated, place, "becomes too many subjects", "Give the user fewer tags.")
            }
            drafts = drafts.flatMap { draft in words.map { draft + $0 } }
        }
        return drafts
    }

    private static func words(
        _ blank: SubjectTemplate.Blank, _ user: CommonClaims, _ account: CommonClaims
    ) -> [String] {
        func tagged(_ name: String, _ tags: [String]) -> [String] {
            tags.filter { $0.hasPrefix(name + ":") }.map { String($0.dropFirst(name.count + 1)) }
        }
        return switch blank {
        case .name: [user.name]
        case .subject: [user.subject.text]
        case .accountName: [account.name]
        case .accountSubject: [account.subject.text]
        case .tag(let name): tagged(name, user.tags)
        case .accountTag(let name): tagged(name, account.tags)
        }
    }
}
