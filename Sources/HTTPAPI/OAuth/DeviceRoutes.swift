import Authorization
import Gateway
import HTTPTypes
import Hummingbird
import Identity
import OAuth
import Vocabulary

/// `/device`: somebody types the code that a device shows, and says whether it may (RFC 8628 §3.3).
struct DeviceRoutes: Sendable {
    private static let path = "/device"
    private static let purpose = "device"

    let account: AccountRoutes
    private var gateway: Gateway { account.gateway }

    func install(on router: Router<GatewayRequestContext>) {
        for prefix in ["", "/t/{tenant}"] {
            router.get("\(prefix)\(Self.path)") { try await show($0, $1) }
            router.post("\(prefix)\(Self.path)") { try await submit($0, $1) }
        }
    }

    /// Somebody who is signed in; a code that came in the address is only filled in (§5.4: whoever sent the address may
    /// be somebody else).
    private func show(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await account.admit(request, context) {
        case .redirect:
            let call = try BrowserCall(request, context, gateway, account.trusted)
            let code = call.query["user_code"].flatMap(UserCode.typed).map { "?user_code=" + UserCode.shown($0) } ?? ""
            return call.redirect(call.path("/login?return=") + ASCII.percentEncode(call.path(Self.path) + code))
        case .admitted(let person):
            let code = person.call.query["user_code"].flatMap(UserCode.typed).map { UserCode.shown($0) }
            return try ask(person, code: code ?? "")
        }
    }

    private func submit(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await account.admit(request, context) {
        case .redirect(let response): return response
        case .admitted(let person):
            let form = try await person.form(request, Self.purpose)
            let code = form["user_code"] ?? ""
            guard let decision = form["decision"] else {
                let answer = try await gateway.devices.look(for: code, by: person.session, trace: person.call.trace)
                return try await self.answer(answer, person, code)
            }
            let answer = try await gateway.devices.decide(
                code, isAllowed: decision == "allow", by: person.session, trace: person.call.trace)
            return try await self.answer(answer, person, code)
        }
    }

    private func answer(
        _ answer: DeviceWord, _ person: AccountCall, _ code: String
    ) async throws -> Response {
        switch answer {
        case .found(let device): return try confirm(device, person)
        case .unknown:
            return try ask(person, code: "", error: "No device waits with this code. Look at the device once more.")
        case .throttled:
            return try ask(person, code: "", error: "Too many wrong codes. Please wait ten minutes.")
        case .stepUp(let strength, let maxAge):
            let demand = AuthenticationRequirement(strength: strength, maxAgeSeconds: maxAge)
            let here = person.call.path(Self.path) + "?user_code=" + code
            return person.call.redirect(
                person.call.path("/login?return=") + ASCII.percentEncode(here) + demand.query)
        case .barred(let client, let question): return try await barred(client, question, person)
        case .connected(let client):
            return done("Your device is connected", "\(client.title) goes on by itself. You can close this page.")
        case .refused(let client):
            return done("Your device was refused", "\(client.title) gets nothing. You can close this page.")
        }
    }

    private func done(_ heading: String, _ lead: String) -> Response {
        account.pages.response(MessagePage(.done, heading, lead))
    }

    private func ask(_ person: AccountCall, code: String, error: String? = nil) throws -> Response {
        let frame = FormFrame(
            action: person.call.path(Self.path), csrf: try person.token(Self.purpose), error: error)
        return try account.pages.response(DevicePage(frame: frame, code: code, asked: nil), person: person.header())
    }

    private func confirm(_ device: WaitingDevice, _ person: AccountCall) throws -> Response {
        let words = ConsentWords(scopes: gateway.configuration.oauth.scopes)
        let asked = DevicePage.Asked(
            client: device.client.title, person: person.person.displayName ?? person.person.login,
            items: words.items(all: device.asked, new: device.new),
            facts: [("Application", device.client.name), ("Signed in as", person.person.login)])
        let frame = FormFrame(action: person.call.path(Self.path), csrf: try person.token(Self.purpose))
        return try account.pages.response(
            DevicePage(frame: frame, code: device.userCode, asked: asked), person: person.header())
    }

    private func barred(
        _ client: OAuthClient, _ question: DecisionQuestion, _ person: AccountCall
    ) async throws -> Response {
        let trace = try await gateway.explanations.explain(question, in: person.call.tenant.id)
        let page = MessagePage.denied(
            "You may not connect this device",
            "It was asked whether you may use \(client.title), and the answer was no.", trace)
        return account.pages.response(page, status: .forbidden)
    }
}
