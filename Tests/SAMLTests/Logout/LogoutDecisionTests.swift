import Testing

@testable import SAML

@Suite("Logout") struct LogoutDecisionTests {
    private static let now = Federation.now
    private static let settings = LogoutSettings(entityID: Federation.provider)
    private static let here = "https://idp.example/slo"
    private static let session = PeerSession(
        peer: Federation.service,
        nameID: NameID(
            "n", format: NameIDFormat.transient, nameQualifier: Federation.provider, spNameQualifier: Federation.service
        ),
        sessionIndex: "s1")

    private static func read(
        signature: ArrivalSignature = .verified, binding: Binding = .redirect, isFirst: Bool = true,
        at time: Int64 = now,
        sessions: [PeerSession] = [session], _ change: (inout LogoutRequest) -> Void = { _ in }
    ) throws -> LogoutReading {
        var request = LogoutRequest(
            Federation.header(Federation.service, here), subject: session.nameID, sessionIndexes: ["s1"],
            notOnOrAfter: now + 60)
        change(&request)
        return settings.read(
            request, from: try Federation.serviceProvider(),
            arrival: MessageArrival(location: here, binding: binding, signature: signature, isFirstShowing: isFirst),
            sessions: sessions, now: time)
    }

    private static func code(_ reading: LogoutReading) -> MessageFault.Code? {
        if case .refused(let fault) = reading { fault.code } else { nil }
    }

    @Test("Who may ask: the peer itself, signed, to here, in time, once")
    func asking() throws {
        #expect(try Self.read() == .end([Self.session]))
        #expect(
            try Self.code(Self.read(signature: .none)) == .unsigned
                && Self.code(Self.read(signature: .invalid(SAMLError(.signatureInvalid, "")))) == .unsigned)
        let refused = ArrivalSignature.invalid(SAMLError(.signatureAlgorithm, ""))
        #expect(try Self.code(Self.read(signature: refused)) == .signatureAlgorithm)
        #expect(try Self.code(Self.read { $0.header.issuer = Federation.provider }) == .issuer)
        #expect(try Self.code(Self.read { $0.header.destination = nil }) == .destination)
        #expect(try Self.code(Self.read(binding: .soap) { $0.header.destination = nil }) == nil)
        #expect(
            try Self.code(Self.read(binding: .soap) { $0.header.destination = "https://x.example" }) == .destination)
        #expect(
            try Self.code(Self.read(at: Self.now + 239)) == nil && Self.code(Self.read(at: Self.now + 240)) == .stale)
        #expect(try Self.code(Self.read(isFirst: false)) == .stale)
        #expect(try Self.code(Self.read { $0.header.issueInstant = Self.now - 481 }) == .stale)
    }

    @Test("What is meant: the name exactly, the sessions that are named, or all of the name")
    func meant() throws {
        var second = Self.session
        second.sessionIndex = "s2"
        let other = PeerSession(peer: "https://other.example", nameID: Self.session.nameID, sessionIndex: "s1")
        let all = [Self.session, second, other]
        #expect(try Self.read(sessions: all) == .end([Self.session]))
        #expect(try Self.read(sessions: all) { $0.sessionIndexes = [] } == .end([Self.session, second]))
        #expect(try Self.read(sessions: all) { $0.sessionIndexes = ["s2", "s1"] } == .end([Self.session, second]))
        #expect(try Self.read(sessions: all) { $0.sessionIndexes = ["s3"] } == .end([]))
        #expect(try Self.read { $0.subject.value = "N" } == .end([]))
        #expect(try Self.read { $0.subject.format = NameIDFormat.persistent } == .end([]))
        #expect(try Self.read { $0.subject.spNameQualifier = "urn:x" } == .end([]))
        // Left out, a qualifier is that of the parties; of others it is not.
        #expect(
            try Self.read { ($0.subject.nameQualifier, $0.subject.spNameQualifier) = (nil, nil) }
                == .end([Self.session]))
        var foreign = Self.session
        foreign.nameID.nameQualifier = "urn:x"
        #expect(try Self.read(sessions: [foreign]) { $0.subject.nameQualifier = nil } == .end([]))
    }

    private static func peers(_ id: String) -> EntityDescriptor? {
        guard let entity = try? Federation.serviceProvider() else { return nil }
        var found = entity
        found.entityID = id
        switch id {
        case "urn:soap": found.serviceProviders[0].role.singleLogout = [Endpoint(.soap, "https://soap.example/slo")]
        case "urn:post": found.serviceProviders[0].role.singleLogout = [Endpoint(.post, "https://post.example/slo")]
        case "urn:none": found.serviceProviders[0].role.singleLogout = []
        case "urn:gone": return nil
        default: break
        }
        return found
    }

    @Test("Whom to tell, by what, in which order, and who cannot be told")
    func plan() {
        let sessions = ["urn:a", "urn:soap", "urn:post", "urn:none", "urn:gone", "urn:asker", "urn:a"].map {
            PeerSession(peer: $0, nameID: NameID("n"), sessionIndex: "s")
        }
        let plan = Self.settings.plan(sessions, except: "urn:asker", hasBrowser: true, peers: Self.peers, now: Self.now)
        #expect(plan.behind.map(\.session.peer) == ["urn:soap"] && plan.behind[0].binding == .soap)
        #expect(
            plan.through.map(\.session.peer) == ["urn:a", "urn:post"]
                && plan.through.map(\.binding) == [.redirect, .post])
        #expect(plan.unreachable.map(\.peer) == ["urn:none", "urn:gone"] && !plan.isComplete)
        // An administrator has no browser of theirs.
        let alone = Self.settings.plan(sessions, hasBrowser: false, peers: Self.peers, now: Self.now)
        #expect(alone.through == [] && alone.behind.map(\.session.peer) == ["urn:a", "urn:soap", "urn:asker"])
        #expect(alone.unreachable.map(\.peer) == ["urn:post", "urn:none", "urn:gone"])
    }

    @Test("Each is told the name exactly as it was given, and its own session")
    func requests() throws {
        let plan = Self.settings.plan([Self.session], hasBrowser: true, peers: Self.peers, now: Self.now)
        let step = try #require(plan.through.first)
        let request = Self.settings.request(for: step, reason: .admin, id: "_q", now: Self.now)
        #expect(request.subject.isSame(as: Self.session.nameID) && request.sessionIndexes == ["s1"])
        #expect(request.header.destination == "https://sp.example/slo" && request.notOnOrAfter == Self.now + 300)
        #expect(step.answerLocation == "https://sp.example/slo/done")
    }

    @Test("The answer says what became of it, where answers are wanted, and nothing to whoever waits for none")
    func answers() throws {
        var request = LogoutRequest(Federation.header(Federation.service, Self.here), subject: NameID("n"))
        func answer(_ results: [LogoutResult], ended: Bool = true, by binding: Binding = .redirect) throws
            -> (response: LogoutResponse, place: Endpoint?)?
        {
            Self.settings.answer(
                to: request, peer: try Federation.serviceProvider(), arrivedBy: binding, results: results,
                endedHere: ended, id: "_a", now: Self.now)
        }
        let whole = try #require(try answer([.ended, .ended]))
        #expect(whole.response.status == .success && whole.response.header.inResponseTo == "_r1")
        #expect(whole.response.header.destination == "https://sp.example/slo/done" && whole.response.result == .ended)
        #expect(try answer([])?.response.status == .success)
        for results: [LogoutResult] in [[.ended, .failed], [.silent]] {
            #expect(try answer(results)?.response.status == Status(.success, .partialLogout))
            #expect(try answer(results)?.response.result == .failed)
        }
        #expect(try answer([.ended], ended: false)?.response.status == Status(.responder))
        let soap = try #require(try answer([], by: .soap))
        #expect(soap.place == nil && soap.response.header.destination == nil)
        request.isAsynchronous = true
        #expect(try answer([]) == nil)
    }

    @Test("An answer is believed from whom was asked, to what was asked")
    func responses() throws {
        let right = LogoutResponse(
            MessageHeader(
                id: "_x", issueInstant: Self.now, issuer: Federation.service, destination: Self.here, inResponseTo: "_q"
            ),
            status: .success)
        func code(_ signature: ArrivalSignature = .verified, _ change: (inout LogoutResponse) -> Void = { _ in }) throws
            -> MessageFault.Code?
        {
            var response = right
            change(&response)
            let peer = try Federation.serviceProvider()
            return fault {
                try Self.settings.check(
                    response, from: peer, asked: "_q",
                    arrival: MessageArrival(location: Self.here, binding: .redirect, signature: signature),
                    now: Self.now
                )
            }
        }
        #expect(try code() == nil && code(.none) == .unsigned)
        #expect(
            try code { $0.header.inResponseTo = "_other" } == .binding
                && code { $0.header.inResponseTo = nil } == .binding)
        #expect(
            try code { $0.header.issuer = "urn:x" } == .issuer
                && code { $0.header.destination = "urn:x" } == .destination)
    }
}
