import Gateway
import Identity
import Vocabulary

/// What ids are called on a page: looked up once each, as far as the person who reads may know.
struct AdminNames: Sendable {
    private var people: [PersonID: Person] = [:]
    private var accounts: [ServiceAccountID: String] = [:]

    /// A person or service account by name, leading to its page; an id where nobody of the kind is here any more.
    func value(_ subject: Subject) -> AdminValue {
        switch subject {
        case .person(let id): value(id)
        case .serviceAccount(let id):
            AdminValue(accounts[id] ?? id.description, to: "/service-accounts/\(id)").hinted("service account")
        }
    }

    func value(_ id: PersonID) -> AdminValue {
        guard let person = people[id] else { return .code(id.description) }
        return AdminValue(person.displayName ?? person.login, to: "/people/\(id)")
            .hinted(person.displayName == nil ? nil : person.login)
    }

    /// The same as plain words.
    func text(_ subject: Subject) -> String {
        value(subject).lines.first?.first?.text ?? subject.id
    }

    func text(_ id: PersonID) -> String { text(.person(id)) }

    /// Who did something, as the journal and its tables name an actor.
    func value(actor: String) -> AdminValue {
        let parts = actor.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return AdminValue(actor) }
        switch parts[0] {
        case "person": return PersonID(parts[1]).map(value) ?? AdminValue(actor)
        case "service_account":
            return ServiceAccountID(parts[1]).map { value(.serviceAccount($0)) } ?? AdminValue(actor)
        case "system": return AdminValue("the gateway").hinted(parts[1])
        case "os": return AdminValue("the machine's administrator").hinted("user \(parts[1])")
        default: return AdminValue(actor)
        }
    }

    mutating func learn(_ person: Person) { people[person.id] = person }
    mutating func learn(_ account: ServiceAccountID, _ name: String) { accounts[account] = name }
}

extension AdminCall {
    /// The names of these people and accounts: of people for whoever may read people, of accounts likewise.
    func names(of subjects: [Subject]) async throws -> AdminNames {
        var names = AdminNames()
        let people = Set(subjects.compactMap(\.person))
        if !people.isEmpty, try await may("read", "person") {
            for id in people {
                if let person = try await found({ try await gateway.people.person(id, in: tenant) }) {
                    names.learn(person)
                }
            }
        }
        let hasAccounts = subjects.contains { $0.person == nil }
        if hasAccounts, try await may("read", "service_account") {
            for account in try await gateway.serviceAccounts.list(in: tenant) { names.learn(account.id, account.name) }
        }
        return names
    }

    /// The same for actors as the journal writes them.
    func names(ofActors actors: [String]) async throws -> AdminNames {
        try await names(
            of: actors.compactMap { actor -> Subject? in
                let parts = actor.split(separator: ":", maxSplits: 1).map(String.init)
                switch parts.first {
                case "person": return parts.last.flatMap { PersonID($0) }.map(Subject.person)
                case "service_account": return parts.last.flatMap { ServiceAccountID($0) }.map(Subject.serviceAccount)
                default: return nil
                }
            })
    }

    /// Nil for what is not there (any more); every other fault is thrown on.
    func found<Value>(_ find: () async throws -> Value) async throws -> Value? {
        do { return try await find() } catch {
            guard ErrorMapping.failure(for: error).problem.status == 404 else { throw error }
            return nil
        }
    }

    /// Whom a filter names, by id, login or mail, or a service account by name; nil where it is left empty.
    func subject(filter name: String) async throws -> Subject? {
        guard let text = filter(name) else { return nil }
        if let person = try await found({ try await gateway.people.person(named: text, in: tenant) }) {
            return .person(person.id)
        }
        if let account = try await found({ try await gateway.serviceAccounts.account(named: text, in: tenant) }) {
            return .serviceAccount(account.id)
        }
        // An id is taken as it is: what is recorded about somebody who is gone stays readable.
        return PersonID(text).map(Subject.person)
    }
}

/// A code as words: `roles_gained` is "roles gained".
func adminWords(_ code: String) -> String { String(code.map { $0 == "_" || $0 == "." ? " " : $0 }) }

extension Actor {
    /// The person or account that acted; nil for everything else.
    var subject: Subject? {
        switch self {
        case .person(let id): .person(id)
        case .serviceAccount(let id): .serviceAccount(id)
        case .operatingSystemUser, .system, .client, .anonymous: nil
        }
    }
}
