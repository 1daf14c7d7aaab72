import Gateway
import Identity
import Vocabulary

extension FormBody {
    /// A field's text without the space around it; nil where it is absent or empty.
    func text(_ name: String) -> String? {
        let text = (self[name] ?? "").trimmingSpaces()
        return text.isEmpty ? nil : String(text)
    }

    /// A field's moment, as `AdminMoment` reads it; nil where the field is empty. Throws a refusal for anything else.
    func moment(_ name: String) throws -> Timestamp? {
        guard let text = text(name) else { return nil }
        guard let moment = AdminMoment.moment(text) else {
            throw AdminRefusal("Write a day as 2026-12-31, or with a time as 2026-12-31T08:30.", field: name)
        }
        return moment
    }

    /// A field's word of a closed vocabulary. Throws a refusal for any other.
    func word<Word: RawRepresentable>(_ name: String) throws -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: self[name] ?? "") else {
            throw AdminRefusal("Choose one of the list.", field: name)
        }
        return word
    }
}

extension AdminCall {
    /// Whom a field names by id, login or mail. Throws a refusal at the field for nobody.
    func person(named text: String, field: String) async throws -> Person {
        let name = String(text.trimmingSpaces())
        guard let person = try await found({ try await gateway.people.person(named: name, in: tenant) }) else {
            throw AdminRefusal("Nobody here is called that.", field: field)
        }
        return person
    }

    /// The same, or a service account by its name.
    func subject(named text: String, field: String) async throws -> Subject {
        let name = String(text.trimmingSpaces())
        if let person = try await found({ try await gateway.people.person(named: name, in: tenant) }) {
            return .person(person.id)
        }
        guard let account = try await found({ try await gateway.serviceAccounts.account(named: name, in: tenant) })
        else { throw AdminRefusal("Nobody here is called that.", field: field) }
        return .serviceAccount(account.id)
    }
}
