import Authorization
import Gateway
import HTTPTypes
import Hummingbird
import Vocabulary

extension AdminConsole {
    /// `/admin`: what each section that this person may read has to say at a glance.
    func overview(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await account.admit(request, context) {
        case .redirect(let response): return response
        case .admitted(let person):
            let call = AdminCall(account: person, gateway: gateway, parameters: [:], place: "")
            var page = AdminPage(heading: "Administration")
            var (isOpen, demand) = (false, AuthenticationRequirement?.none)
            // What waits comes before what was: records are last.
            let records = sections.filter { $0.chapter == .records }
            let ordered = sections.filter { $0.chapter != .records } + records
            for section in ordered where try await isOffered(section, call) {
                switch try await admission(section.access, call) {
                case .permitted:
                    // What is everybody's opens the page to whom it concerns, and to nobody in a second factor's place.
                    let isEverybodys = section.access == .authenticated
                    let concerns = isEverybodys ? try await section.isOffered?(call) ?? false : true
                    isOpen = isOpen || concerns
                    page.blocks += try await section.summary?(call) ?? []
                case .stepUp(let asked): demand = asked
                case .refused: continue
                }
            }
            guard isOpen else {
                guard let demand else { throw Refusal.forbidden(code: "management.not_permitted") }
                return person.call.redirect(login(person, demand, returningTo: ""))
            }
            page.gatherFigures()
            return try await present(page, in: nil, call)
        }
    }
}
