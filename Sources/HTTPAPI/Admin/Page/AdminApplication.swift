import Identity
import Vocabulary

/// What the pages of applications have in common, whatever protocol an application speaks: it can be switched off and on again,
/// and somebody may enter it or not.
struct AdminApplication {
    let title: String
    let isDisabled: Bool
    /// Its own page.
    let place: String
    /// The page with all of its kind.
    let home: AdminPage.Step

    var trail: [AdminPage.Step] { [home, .init(title, place)] }

    var state: AdminValue { isDisabled ? .badge("switched off", .bad) : .badge("active", .good) }

    /// To the question whether it shall be the other way round.
    var switching: AdminAction {
        isDisabled
            ? AdminAction("Switch on", to: place + "/enable")
            : AdminAction("Switch off", to: place + "/disable", isDanger: true)
    }

    /// Asks before it is switched off, or on again.
    ///
    /// - Parameters:
    ///   - consequence: what follows, in a sentence.
    ///   - address: of this page.
    func question(isDisabled: Bool, _ consequence: String, at address: String) -> AdminPage {
        let verb = isDisabled ? "Switch off" : "Switch on"
        return .question("\(verb) \(title)?", consequence, trail: trail, at: address, button: verb, back: place)
    }

    /// Back to its page, once it was switched.
    func switched(isDisabled: Bool) -> AdminOutcome {
        .moved(to: place, notice: isDisabled ? "disabled" : "enabled")
    }

    /// Whether somebody may enter, and why not.
    func verdict(on person: Person, mayEnter: Bool, reasons: [String]) -> AdminBlock {
        guard !mayEnter else {
            return .text(AdminText(nil, ["\(person.login) may enter \(title)."], tone: .good))
        }
        let words = reasons.map(adminWords).joined(separator: ", ")
        return .text(AdminText(nil, ["\(person.login) may not enter \(title): \(words)."], tone: .bad))
    }
}
