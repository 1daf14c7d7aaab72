import NKeys
import Testing

@Suite("What is wrong with claims")
struct ValidationTests {
    private let scene: Scene
    init() throws { scene = try Scene() }

    private func codes(_ change: (inout AccountClaims) throws -> Void) rethrows -> [NATSFault.Code] {
        var claims = scene.accountClaims
        try change(&claims)
        return claims.faults().filter { $0.severity == .blocking }.map(\.code)
    }

    private func codes(_ rights: UserRights) throws -> [NATSFault.Code] {
        UserClaims(CommonClaims(try NKeyPair.generate(.user).publicKey, name: "u"), rights: rights).faults()
            .filter { $0.severity == .blocking }.map(\.code)
    }

    @Test("Sound claims have no faults, and none of the faults below is signed")
    func sound() throws {
        #expect(scene.accountClaims.faults() == [])
        #expect(scene.operatorClaims.faults() == [])
        var broken = scene.accountClaims
        broken.limits.payload = -2
        #expect(fault { _ = try broken.signed(by: scene.operatorPair, issuedAt: 1) } == .invalidLimit)
    }

    @Test("Limits are -1, 0 or a number that servers can hold")
    func limits() throws {
        #expect(codes { $0.limits.payload = 2_147_483_647 } == [])
        #expect(codes { $0.limits.payload = 2_147_483_648 } == [.invalidLimit])
        #expect(codes { $0.limits.connections = 4_294_967_295 } == [.invalidLimit])
        #expect(codes { $0.limits.data = 4_294_967_295 } == [])
        #expect(codes { $0.limits.jetStream = .limited(JetStreamLimits(memory: -5, disk: 0)) } == [.invalidLimit])
        #expect(codes { $0.limits.jetStream = .tiers([:]) } == [.invalidLimit])
        #expect(codes { $0.limits.jetStream = .tiers(["": JetStreamLimits(memory: 0, disk: 0)]) } == [.invalidLimit])
        #expect(
            codes {
                $0.limits.exports = 0; $0.exports = [Export(.stream, "a")]
            } == [.invalidLimit])
        #expect(
            codes {
                $0.limits.wildcardExports = false; $0.exports = [Export(.stream, "a.*")]
            } == [.invalidLimit])
        let key = try NKeyPair.generate(.account).publicKey
        #expect(
            codes {
                $0.limits.imports = 0; $0.imports = [Import(.stream, "a", from: key)]
            } == [.invalidLimit])
        #expect(try codes(UserRights(SubjectRights(), subscriptions: 2_147_483_648)) == [.invalidLimit])
        #expect(try codes(UserRights(SubjectRights(responses: .init(messages: -2)))) == [.invalidLimit])
    }

    @Test("Subjects in rights are well formed, and queues are for subscriptions")
    func subjects() throws {
        for text in ["a..b", "", "a.>.b", "a b c", " a", "a.{{name()}}"] {
            #expect(try codes(UserRights(SubjectRights(subscribe: .init(allow: [text])))) != [], "\(text)")
            #expect(try codes(UserRights(SubjectRights(publish: .init(deny: [text])))) != [], "\(text)")
        }
        #expect(try codes(UserRights(SubjectRights(subscribe: .only(["a.* q"])))) == [])
        #expect(try codes(UserRights(SubjectRights(publish: .only(["a.* q"])))) == [.malformedSubject])
    }

    @Test(
        "Networks are an address and a length",
        arguments: [
            ("10.0.0.0/8", true), ("0.0.0.0/0", true), ("fe80::/10", true), ("::ffff:10.0.0.0/104", true),
            ("10.0.0.0", false),
            ("10.0.0.0/33", false), ("10.0.0.0/08", false), ("10.0.0/8", false), ("010.0.0.0/8", false),
            ("fe80::%eth0/10", false),
            ("host/8", false), ("10.0.0.0/8/8", false), ("10.0.0.0/-1", false), ("10.0.0.0/+8", false),
            (" 10.0.0.0/8", false), ("", false),
            ("10.0.0.0\u{0}/8", false), ("::/129", false),
        ])
    func networks(text: String, isSound: Bool) throws {
        #expect(try codes(UserRights(SubjectRights(), sources: [text])) == (isSound ? [] : [.invalidNetwork]))
    }

    @Test(
        "Times of the day have two digits each",
        arguments: [
            ("00:00:00", 0), ("23:59:59", 86_399), ("08:30:05", 30_605), ("24:00:00", nil), ("08:60:00", nil),
            ("8:00:00", nil),
            ("08:00", nil), ("08:00:00.5", nil), ("", nil), ("+8:00:00", nil), ("08:00:00:00", nil), ("٠٨:00:00", nil),
        ])
    func clock(text: String, seconds: Int?) {
        #expect((try? ClockRange(text, "12:00:00"))?.start == seconds)
        #expect((try? ClockRange("12:00:00", text))?.end == seconds)
    }

    @Test("A window over midnight has both sides of it, and one without length is refused")
    func windows() throws {
        let night = try ClockRange("22:00:00", "06:00:00")
        #expect(night.contains(86_399) && night.contains(0) && !night.contains(43_200))
        #expect(!night.contains(79_200) && night.contains(79_201) && !night.contains(21_600) && night.contains(21_599))
        let empty = try ClockRange("06:00:00", "06:00:00")
        #expect(try codes(UserRights(SubjectRights(), times: [empty], timeZone: "UTC")) == [.invalidTimes])
        #expect(fault { _ = try ClockRange(start: 0, end: 86_400) } == .invalidTimes)
        for zone in ["Europe/Berlin", "UTC", "Etc/GMT+5"] {
            #expect(try codes(UserRights(SubjectRights(), times: [night], timeZone: zone)) == [])
        }
        for zone in ["../../etc/passwd", "/etc/localtime", "Local", "Europe//Berlin", "a b"] {
            #expect(try codes(UserRights(SubjectRights(), times: [night], timeZone: zone)) == [.invalidTimes])
        }
    }

    @Test("Exports of a kind do not overlap, and say what their kind can have")
    func exports() throws {
        #expect(codes { $0.exports = [Export(.stream, "a.>"), Export(.stream, "a.b")] } == [.overlappingSubjects])
        #expect(codes { $0.exports = [Export(.stream, "a"), Export(.stream, "a")] } == [.overlappingSubjects])
        #expect(codes { $0.exports = [Export(.stream, "a.>"), Export(.service, "a.b")] } == [])
        #expect(codes { $0.exports = [Export(.stream, "a b")] } == [.malformedSubject])
        func changed(_ kind: ExportKind, _ subject: String = "a", _ change: (inout Export) -> Void) -> [NATSFault.Code]
        {
            var export = Export(kind, subject)
            change(&export)
            return codes { $0.exports = [export] }
        }
        #expect(changed(.stream) { $0.responseType = .one } == [.invalidExport])
        #expect(changed(.stream) { $0.responseThreshold = 1 } == [.invalidExport])
        #expect(changed(.stream) { $0.latency = .init(percent: 1, results: "r") } == [.invalidExport])
        #expect(changed(.stream) { $0.allowTrace = true } == [.invalidExport])
        #expect(changed(.service) { $0.responseThreshold = -1 } == [.invalidExport])
        #expect(changed(.service) { $0.latency = .init(percent: 101, results: "r") } == [.invalidLimit])
        #expect(changed(.service) { $0.latency = .init(percent: 1, results: "r.*") } == [.malformedSubject])
        #expect(changed(.stream, "a.*.b") { $0.accountTokenPosition = 2 } == [])
        for place in [1, 3, 4, -1] {
            #expect(changed(.stream, "a.*.b") { $0.accountTokenPosition = place } == [.invalidExport])
        }
        #expect(changed(.stream) { $0.informationAddress = "no address" } == [.invalidAddress])
        #expect(changed(.stream) { $0.description = String(repeating: "a", count: 8_193) } == [.tooLarge])
    }

    @Test("Imports rename what they take, whole, and do not overlap within an account")
    func imports() throws {
        let key = try NKeyPair.generate(.account).publicKey
        let other = try NKeyPair.generate(.account).publicKey
        func taken(_ kind: ExportKind, _ subject: String, as local: String?) -> [NATSFault.Code] {
            codes { $0.imports = [Import(kind, subject, from: key, localSubject: local)] }
        }
        for local in ["y.$1.$2", "y.*.*", "y.$2.$1", "$1.$2", "y.*.$2"] {
            #expect(taken(.stream, "x.*.*", as: local) == [], "\(local)")
        }
        for local in ["y", "y.$1", "y.$1.$3", "y.$0.$1", "y.$1.$2.>", "y.$1.$2.*", "y..", "y $1.$2"] {
            #expect(taken(.stream, "x.*.*", as: local) != [], "\(local)")
        }
        #expect(taken(.service, "x", as: "y") == [])
        #expect(taken(.service, "x", as: "y.$1") == [.invalidImport])
        #expect(taken(.stream, "x.>", as: "y.>") == [])
        #expect(taken(.stream, "x.>", as: "y") == [.invalidImport])
        let same = { (account: NKey) in
            codes { $0.imports = [Import(.service, "a.*", from: key), Import(.service, "a.b", from: account)] }
        }
        #expect(same(key) == [.overlappingSubjects])
        #expect(same(other) == [])
        var old = Import(.stream, "a", from: key)
        old.to = "b"
        #expect(codes { $0.imports = [old] } == [])
        old.localSubject = "c"
        #expect(codes { $0.imports = [old] } == [.invalidImport])
        var sharing = Import(.stream, "a", from: key)
        sharing.share = true
        #expect(codes { $0.imports = [sharing] } == [.invalidImport])
        #expect(
            try codes { $0.imports = [Import(.stream, "a", from: try NKeyPair.generate(.user).publicKey)] } == [
                .wrongKeyKind
            ])
    }

    @Test("An activation fits the import that it stands in")
    func activations() throws {
        let (exporter, importer) = (try NKeyPair.generate(.account), scene.accountPair.publicKey)
        func token(_ about: NKey, _ subject: String, _ kind: ExportKind, of account: NKey) throws -> String {
            try ActivationClaims(CommonClaims(about, name: "a"), subject: subject, kind: kind)
                .signed(by: exporter, of: account, issuedAt: 1).text
        }
        func judged(_ activation: String) -> [NATSFault.Code] {
            codes { $0.imports = [Import(.stream, "a.b", from: exporter.publicKey, activation: activation)] }
        }
        let own = exporter.publicKey
        #expect(try judged(token(importer, "a.>", .stream, of: own)) == [])
        #expect(try judged(token(importer, "a.b", .stream, of: own)) == [])
        #expect(try judged(token(importer, "a.c", .stream, of: own)) == [.invalidImport])
        #expect(try judged(token(importer, "a.>", .service, of: own)) == [.invalidImport])
        #expect(try judged(token(own, "a.>", .stream, of: own)) == [.invalidImport])
        #expect(try judged(token(importer, "a.>", .stream, of: importer)) == [.invalidImport])
        #expect(judged("nonsense") == [.invalidImport])
    }

    @Test("Operators, mappings, callouts, traces and signing keys")
    func others() throws {
        func judged(_ change: (inout OperatorClaims) throws -> Void) rethrows -> [NATSFault.Code] {
            var claims = scene.operatorClaims
            try change(&claims)
            return claims.faults().filter { $0.severity == .blocking }.map(\.code)
        }
        for address in ["http://a:4222", "nats://user@a", "nats://a/path", "nats:a", "a:4222", "nats://", "nats://a b"]
        {
            #expect(judged { $0.serviceAddresses = [address] } == [.invalidAddress], "\(address)")
        }
        #expect(judged { $0.accountServerAddress = "nowhere" } == [.invalidAddress])
        for version in ["2", "2.9", "2.9.x", "-1.0.0", "2.9.10.1"] {
            #expect(judged { $0.oldestServer = version } == [.malformedClaims])
        }
        let user = try NKeyPair.generate(.user).publicKey
        #expect(judged { $0.signingKeys = [user] } == [.wrongKeyKind])
        #expect(judged { $0.systemAccount = user } == [.wrongKeyKind])
        #expect(codes { $0.signingKeys = [.plain(user)] } == [.wrongKeyKind])
        let key = try NKeyPair.generate(.account).publicKey
        #expect(codes { $0.signingKeys = [.plain(key), .plain(key)] } == [.malformedClaims])
        for blank in ["{{name()", "{{nothing()}}", "{{tag()}}", "{{TAG(x)}}", "{{}}"] {
            let template = UserRights(SubjectRights(publish: .init(allow: ["a.\(blank)"])))
            #expect(
                codes { $0.signingKeys = [.scoped(.init(key, role: "r", template: template))] } == [.invalidTemplate])
        }
        #expect(codes { $0.mappings = ["a": [.init("b", percent: 60), .init("c", percent: 60)]] } == [.invalidMapping])
        #expect(codes { $0.mappings = ["a": [.init("b", percent: 0)]] } == [.invalidMapping])
        #expect(codes { $0.mappings = ["a..": [.init("b")]] } == [.malformedSubject])
        #expect(codes { $0.callout = .init(users: []) } == [.malformedClaims])
        #expect(codes { $0.callout = .init(users: [user], accounts: [key], anyAccount: true) } == [.malformedClaims])
        #expect(codes { $0.callout = .init(users: [key]) } == [.wrongKeyKind])
        #expect(codes { $0.trace = .init(destination: "a.*") } == [.malformedSubject])
        #expect(codes { $0.trace = .init(destination: "a", percent: 0) } == [.invalidLimit])
        #expect(codes { $0.revocations.revoke(key, until: 1) } == [.wrongKeyKind])
    }

    @Test("What every token says")
    func common() throws {
        #expect(codes { $0.common.name = String(repeating: "a", count: 257) } == [.invalidName])
        #expect(
            codes {
                $0.common.notBefore = 5; $0.common.expires = 5
            } == [.invalidTimes])
        #expect(codes { $0.common.expires = 0 } == [.invalidTimes])
        #expect(codes { $0.common.expires = -1 } == [.invalidTimes])
        for tag in ["", " a", "A"] { #expect(codes { $0.common.tags = [tag] } == [.invalidName]) }
    }

    @Test("Thousands of subjects are judged in no time")
    func many() {
        let exports = (0..<2_000).map { Export(.stream, "a.b.\($0).*") }
        let rights = SubjectRights(subscribe: .only((0..<4_000).map { "a.\($0).*" }))
        let start = ContinuousClock.now
        #expect(codes { $0.exports = exports } == [])
        #expect(codes { $0.exports = exports + [Export(.stream, "a.b.7.x")] } == [.overlappingSubjects])
        #expect(rights.subscribe.closed().deny.count == 4_000)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("What works and is hardly meant is a warning")
    func warnings() throws {
        func warned(_ rights: UserRights) throws -> Int {
            let claims = UserClaims(CommonClaims(try NKeyPair.generate(.user).publicKey, name: "u"), rights: rights)
            #expect(claims.faults().allSatisfy { $0.severity == .warning })
            return claims.faults().count
        }
        #expect(try warned(UserRights(SubjectRights(publish: .only(["orders*"])))) == 1)
        #expect(try warned(UserRights(SubjectRights(), times: [ClockRange("08:00:00", "09:00:00")])) == 1)
        #expect(try warned(UserRights(SubjectRights(), subscriptions: 0)) == 1)
        // Below a.* another pattern allows: nothing can be denied without taking it away.
        let both = SubjectPermissions.only(["a.*", "a.b.>"])
        #expect(both.closed() == both)
        #expect(SubjectPermissions.only(["*"]).closed().deny == ["*.>"])
        #expect(SubjectPermissions.only(["a.* q", "a.*", "b"]).closed().deny == ["a.*.>"])
        #expect(SubjectPermissions(allow: ["a.*"], deny: ["a.>"]).closed().deny == ["a.>"])
    }
}
