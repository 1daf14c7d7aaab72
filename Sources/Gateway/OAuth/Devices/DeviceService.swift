import Authorization
import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// A device that waits for somebody's word, as its page shows it.
public struct WaitingDevice: Sendable {
    public let client: OAuthClient
    /// As the device shows it.
    public let userCode: String
    /// Everything it asks for.
    public let asked: Consent
    /// What of it the person has not allowed this client before.
    public let new: Consent
}

/// What became of a code that somebody typed.
public enum DeviceWord: Sendable {
    case found(WaitingDevice)
    /// No device waits with this code.
    case unknown
    /// Too many wrong codes lately (RFC 8628 §5.1).
    case throttled
    /// A rule keeps the person out of the client.
    case barred(OAuthClient, DecisionQuestion)
    /// The client asks for a stronger sign-in.
    case stepUp(AuthenticationStrength?, maxAge: Int64?)
    case connected(OAuthClient)
    case refused(OAuthClient)
}

/// Devices without a browser (RFC 8628): they ask for two codes, and somebody types one of them at a page.
public struct DeviceService: Sendable {
    let tokens: TokenService
    let authorizations: AuthorizationService
    let attempts: DeviceAttempts

    private var store: Store { tokens.store }

    /// Begins (§3.1): the device's code, the code it shows, and where that is typed.
    ///
    /// - Throws: `OAuthError`.
    public func begin(_ call: OAuthCall) async throws -> JSONObject {
        let sender = try await tokens.prove(call)
        let request = try DeviceRequest(call.parameters, client: sender.proven, proof: sender.proof?.thumbprint)
        let code = try Randomness.token(.deviceCode)
        let record = try JSONColumn.text(of: request)
        let expiry = sender.now + .seconds(DeviceRequest.lifetime)
        let device = StoredDevice(
            tenant: call.tenant, client: sender.client.id, record: record,
            interval: DeviceRequest.firstInterval, expiresAt: expiry)
        // Of the codes that are out at once two may be the same by chance: then another is drawn.
        let typed = try await store.write(.login) { tx in
            try sender.spend(in: call.tenant, tx)
            for _ in 0..<8 {
                let drawn = try Self.draw()
                if try tx.sql.insert(device, code: code.hash, userCode: Self.hash(drawn)) { return drawn }
            }
            throw Fault("device.codes", .ourselves, "No code is free that a device could show.")
        }
        return DeviceAnswer.json(
            deviceCode: code.text.reveal(), userCode: typed,
            verificationURI: tokens.issuer(of: call.tenant) + "/device")
    }

    private static func draw() throws -> String {
        for _ in 0..<8 {
            if let code = UserCode.make(random: Randomness.bytes(UserCode.randomByteCount)) { return code }
        }
        throw Fault("randomness.failed", .ourselves, "No code could be made.")
    }

    /// A few minutes' worth of 34 bits, tried at most a few times: a plain hash keeps it out of backups and no more.
    private static func hash(_ code: String) -> [UInt8] { Digests.sha256("user_code " + code) }

    // MARK: The page

    /// Looks for the device behind a code that somebody typed. Nothing is decided by it.
    public func look(for text: String, by session: Session, trace: String?) async throws -> DeviceWord {
        let now = tokens.clock()
        guard attempts.isAllowed(session.person, at: now.seconds) else { return .throttled }
        guard let code = UserCode.typed(text), let found = try await find(code, session.tenant) else {
            attempts.noteWrong(session.person, at: now.seconds)
            return .unknown
        }
        let (device, client) = found
        let principal = ValidatedCredential.session(session).principal
        let entry = try await tokens.policy.entry(of: principal, to: client)
        if let refusal = entry.refusal {
            if let need = refusal.stepUp { return .stepUp(need.strength, maxAge: need.maxAgeSeconds) }
            return .barred(client, entry.question)
        }
        let request = try JSONColumn.decode(DeviceRequest.self, device.record)
        let asked = Consent(scope: request.scope, resources: request.resources)
        let given = try await store.read { try AuthorizationService.consent(of: session.person, to: client, $0) }
        return .found(
            WaitingDevice(
                client: client, userCode: UserCode.shown(code), asked: asked, new: given.missing(of: asked)))
    }

    private func find(_ code: String, _ tenant: TenantID) async throws -> (StoredDevice, OAuthClient)? {
        let now = tokens.clock()
        let device = try await store.read { sql in
            try sql.waitingDevice(userCode: Self.hash(code), in: tenant, at: now)
        }
        guard let device, let client = tokens.clients.client(device.client), !client.isDisabled else { return nil }
        return (device, client)
    }

    /// Somebody's word about the device that waits with this code.
    public func decide(
        _ text: String, isAllowed: Bool, by session: Session, trace: String?
    ) async throws -> DeviceWord {
        let looked = try await look(for: text, by: session, trace: trace)
        guard case .found(let waiting) = looked, let code = UserCode.typed(text) else { return looked }
        let client = waiting.client
        let left = try await tokens.policy.narrow(
            waiting.asked.scope, waiting.asked.resources, for: .person(session.person), of: client)
        let isAllowed = isAllowed && !left.scope.isEmpty
        let caller = Caller(
            tenant: session.tenant, actor: .person(session.person),
            principal: ValidatedCredential.session(session).principal, command: .random(at: tokens.clock()),
            trace: trace)
        if isAllowed {
            try await authorizations.remember(waiting.asked, to: client, by: caller, session.person)
        }
        let wasFirst = try await store.write(.login) { [self] tx in
            guard isAllowed else {
                try tx.append(
                    caller.event("device.refused", Stream("client", client.id), facts: []))
                return try tx.sql.decideDevice(userCode: Self.hash(code), in: session.tenant, nil, at: tx.now)
            }
            return try allow(code, waiting, left, session, by: caller, tx)
        }
        guard wasFirst else { return .unknown }
        return isAllowed ? .connected(client) : .refused(client)
    }

    private func allow(
        _ code: String, _ waiting: WaitingDevice, _ left: ScopePolicy.Outcome, _ session: Session,
        by caller: Caller, _ tx: Transaction
    ) throws -> Bool {
        let client = waiting.client
        guard let device = try tx.sql.waitingDevice(userCode: Self.hash(code), in: session.tenant, at: tx.now),
            tokens.live.session(session.id).map({ !$0.isExpired(at: tx.now) }) ?? false
        else { return false }
        let request = try JSONColumn.decode(DeviceRequest.self, device.record)
        let id = AuthorizationGrantID.random(at: tx.now)
        let subject = try SubjectNames.name(session.person, for: client, tx.sql)
        let authentication = try GrantIssuing.authentication(of: session, at: client, as: subject, tx)
        let asked = request.grant(
            grantID: id.description, subject: subject, scope: left.scope, authentication: authentication)
        let grant = LiveGrant(
            id: id, of: session, at: client, asked.narrowed(to: left.scope, resources: left.resources),
            tokens.settings, now: tx.now)
        try GrantIssuing.insert(grant, by: caller, tokens.grants, tx)
        return try tx.sql.decideDevice(userCode: Self.hash(code), in: session.tenant, id, at: tx.now)
    }
}
