import Fetch
import Fixtures
import Foundation
import SAML
import Synchronization
import Testing
import Vocabulary

@testable import Gateway

/// Somebody whom sessions are shared with, as they speak of sign-outs: asks, is asked, and answers what it is told to.
final class LogoutPartner: Sendable {
    let entityID: String
    let keys: MockKeyPair
    /// Where it is spoken to.
    let place: String
    private let clock: @Sendable () -> Timestamp
    private let state = Mutex(State())

    private struct State {
        var told: [LogoutRequest] = []
        var status = Status.success
        var response: (@Sendable (inout LogoutResponse) -> Void)?
        var signer: SAMLSigningKey?
        var decryption: SAMLDecryptionKey?
        var isAway = false
    }

    init(
        _ entityID: String, place: String, keys: MockKeyPair,
        clock: @escaping @Sendable () -> Timestamp = SystemClock.now
    ) {
        (self.entityID, self.place, self.keys, self.clock) = (entityID, place, keys, clock)
    }

    /// What it was asked to end, oldest first.
    var told: [LogoutRequest] { state.withLock { $0.told } }
    var status: Status {
        get { state.withLock { $0.status } }
        set { state.withLock { $0.status = newValue } }
    }
    /// What is wrong with its answers.
    var response: (@Sendable (inout LogoutResponse) -> Void)? {
        get { state.withLock { $0.response } }
        set { state.withLock { $0.response = newValue } }
    }
    /// Another key than its own.
    var signer: SAMLSigningKey? {
        get { state.withLock { $0.signer } }
        set { state.withLock { $0.signer = newValue } }
    }
    /// Opens names that were encrypted for it.
    var decryption: SAMLDecryptionKey? {
        get { state.withLock { $0.decryption } }
        set { state.withLock { $0.decryption = newValue } }
    }
    /// Nobody answers.
    var isAway: Bool {
        get { state.withLock { $0.isAway } }
        set { state.withLock { $0.isAway = newValue } }
    }

    func entity(_ bindings: [Binding]) throws -> EntityDescriptor {
        var entity = EntityDescriptor(entityID: entityID)
        var role = ServiceProviderDescriptor()
        role.assertionConsumers = [IndexedEndpoint(.post, place + "/acs", index: 0)]
        role.role.singleLogout = bindings.map { Endpoint($0, place) }
        role.role.keys = [try keys.published]
        entity.serviceProviders = [role]
        return entity
    }

    // MARK: It asks

    static let here = WebPerson.gateway + "/saml/slo"
    static let behind = WebPerson.gateway + "/saml/soap/logout"

    func request(
        _ name: NameID, _ indexes: [String], to destination: String = here
    ) -> LogoutRequest {
        let now = clock()
        return LogoutRequest(
            MessageHeader(
                id: "_logout-\(UUID().uuidString)", issueInstant: now.seconds, issuer: entityID,
                destination: destination),
            subject: name, sessionIndexes: indexes, notOnOrAfter: now.seconds + 300)
    }

    func address(_ element: XMLElement, kind: MessageKind = .request, relayState: String? = "state-1") throws -> String
    {
        try departure(element, kind, .redirect, relayState).address
    }

    func form(
        _ element: XMLElement, kind: MessageKind = .request, relayState: String? = "state-1"
    ) throws -> MockIdentityProvider.Posted {
        try departure(element, kind, .post, relayState)
    }

    private func departure(
        _ element: XMLElement, _ kind: MessageKind, _ binding: Binding, _ relayState: String?
    ) throws -> MockIdentityProvider.Posted {
        let departure = try SAMLDeparture(
            element, kind: kind, relayState: relayState.flatMap(RelayState.init), by: binding, to: Self.here,
            signedWith: try signer ?? keys.signing)
        switch departure {
        case .address(let address): return .init(address: address, fields: [])
        case .form(let form): return .init(address: form.address, fields: form.fields.map { ($0.name, $0.value) })
        }
    }

    func envelope(_ element: XMLElement) throws -> [UInt8] {
        try SOAPEnvelope.bytes(around: element, signedWith: try signer ?? keys.signing)
    }

    // MARK: It is asked

    /// A message that came by the browser, its signature held to the gateway's key.
    func read(_ arrived: ArrivedMessage, from gateway: MockKeyPair) throws -> XMLElement {
        let kind: SAMLMessageKind = arrived.kind == .request ? .logoutRequest : .logoutResponse
        let (message, signature) = try arrived.examined(
            as: kind, keys: [try SAMLVerificationKey(pem: gateway.certificate)])
        #expect(signature == .verified)
        return message
    }

    /// Ends its session, and says so.
    func answer(_ message: XMLElement) throws -> XMLElement {
        let request = try LogoutRequest(reading: message, keys: decryption.map { [$0] } ?? [])
        let now = clock().seconds
        let (status, change) = state.withLock { state in
            state.told.append(request)
            return (state.status, state.response)
        }
        var response = LogoutResponse(
            MessageHeader(
                id: "_answer-\(UUID().uuidString)", issueInstant: now, issuer: entityID, destination: Self.here,
                inResponseTo: request.header.id), status: status)
        change?(&response)
        return try response.element()
    }

    /// What its server answers to a request by SOAP.
    func fetch(_ request: FetchRequest, from gateway: MockKeyPair) throws -> FetchResponse {
        guard !isAway else { throw Fault("test.away", .peer, "nobody answers") }
        let message = try read(ArrivedMessage(envelope: request.body, kind: .request), from: gateway)
        var response = try LogoutResponse(reading: try answer(message))
        response.header.destination = nil
        return FetchResponse(status: 200, body: try envelope(response.element()))
    }
}

extension WebPerson {
    /// The message that the browser is on its way with, and to where: by an address that it stopped before, or a form.
    func outgoing() throws -> (address: String, message: ArrivedMessage)? {
        if let location, location.contains("SAMLRe") {
            let parts = location.split(separator: "?", maxSplits: 1).map(String.init)
            return (parts[0], try ArrivedMessage(query: parts[1]))
        }
        guard let form = HTMLForm.all(in: page).first(where: { $0.fields.keys.contains { $0.hasPrefix("SAMLRe") } })
        else { return nil }
        return (form.action, try ArrivedMessage(fields: form.fields.map { (name: $0.key, value: $0.value) }))
    }

    /// Goes round the peers of a sign-out, each of which answers by its own binding, until nobody is left to be asked: what
    /// the browser carries then, and whom it was at.
    func signOut(
        round peers: [LogoutPartner], _ gateway: MockKeyPair
    ) async throws -> (answer: (LogoutResponse, String?)?, visited: [String]) {
        var visited: [String] = []
        for _ in 0..<40 {
            guard let (address, message) = try outgoing() else { return (nil, visited) }
            let peer = try #require(peers.first { $0.place == address }, "nobody is at \(address)")
            let element = try peer.read(message, from: gateway)
            guard message.kind == .request else {
                return ((try LogoutResponse(reading: element), message.relayState?.text), visited)
            }
            visited.append(peer.entityID)
            let answer = try peer.answer(element)
            if message.binding == .redirect {
                try await open(try peer.address(answer, kind: .response, relayState: nil))
            } else {
                let form = try peer.form(answer, kind: .response, relayState: nil)
                try await sendElsewhere(form.body, to: form.address)
            }
        }
        throw Fault("test.circle", .ourselves, "The sign-out goes round in circles.")
    }
}
