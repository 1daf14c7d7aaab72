import Gateway
import Governance
import Vocabulary

extension AdminCall {
    /// What makes a form's command have one effect however often it is sent, and refuse what the person has not seen.
    ///
    /// - Parameter version: the present version of what is changed; nil where nothing is there yet.
    func commandFields(version: Int64? = nil) -> [AdminField] {
        let command = refused?.form["command"].flatMap { CommandID($0) } ?? CommandID.random(at: now)
        var fields = [AdminField("command", "", .hidden, value: command.description)]
        // After a conflict the page shows what is there now, so that the next try is made upon that.
        if let version { fields.append(AdminField("version", "", .hidden, value: String(version))) }
        return fields
    }

    /// The caller under the command's id of the form. Throws 400 for a form without one: it is not ours.
    func caller(of form: FormBody) throws -> Caller {
        guard let command = form["command"].flatMap({ CommandID($0) }) else { throw Self.foreign }
        var caller = caller
        caller.command = command
        return caller
    }

    /// Carries out a command on governed policies upon the version that the form was made for, once.
    @discardableResult
    func govern(
        _ name: String, _ payload: [String: AttributeValue?], _ form: FormBody
    ) async throws -> GovernanceOutcome {
        var version: Int64?
        if let text = form["version"] {
            guard let number = Int64(text) else { throw Self.foreign }
            version = number
        }
        return try await gateway.governance.execute(
            name, json(payload), expecting: version, by: try caller(of: form))
    }

    /// Carries out what no governed stream remembers by itself once for a form, however often it is sent.
    ///
    /// - Returns: where it led, this time or the first. Throws 409 while the first is at work.
    func once(_ form: FormBody, _ body: (Caller) async throws -> String) async throws -> String {
        let caller = try caller(of: form)
        let request = Array("\(place)\n\(caller.actor)".utf8)
        switch try await gateway.commands.claim(caller.command, request: request, in: tenant) {
        case .answered(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .withoutAnswer, .anotherRequest:
            throw Fault("form.conflict", .caller, "This form was sent before, and is still being carried out.")
        case .claimed: break
        }
        do {
            let answer = try await body(caller)
            try? await gateway.commands.keep(Array(answer.utf8), of: caller.command, about: nil, in: tenant)
            return answer
        } catch {
            try? await gateway.commands.release(caller.command, in: tenant)
            throw error
        }
    }

    /// An id that the form was made with, so that sending it twice makes one thing.
    func fresh<Kind>(_ field: String, as kind: Identifier<Kind>.Type = Identifier<Kind>.self) -> AdminField {
        let id = refused?.form[field].flatMap { Identifier<Kind>($0) } ?? Identifier<Kind>.random(at: now)
        return AdminField(field, "", .hidden, value: id.description)
    }

    static func made<Kind>(
        _ field: String, in form: FormBody, as kind: Identifier<Kind>.Type = Identifier<Kind>.self
    ) throws -> Identifier<Kind> {
        guard let id = form[field].flatMap({ Identifier<Kind>($0) }) else { throw foreign }
        return id
    }

    private static let foreign = Refusal.badRequest(
        code: "form.invalid", where: "The form lacks what it was made with.")

    /// The version that the form was made for, where it was just refused and somebody else has changed it since.
    func outdated(by version: Int64) -> Int64? {
        refused?.form["version"].flatMap { Int64($0) }.flatMap { $0 < version ? $0 : nil }
    }
}

extension FormBody {
    /// Names with commas or lines between them.
    func names(_ name: String) -> AttributeValue {
        let parts = (self[name] ?? "").split { $0 == "," || $0.isNewline }
        return .list(parts.map { String($0.trimmingSpaces()) }.filter { !$0.isEmpty }.map(AttributeValue.string))
    }
}
