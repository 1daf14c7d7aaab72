import Testing
import Vocabulary

@testable import Identity

// S4-78: anomaly alerts on logins.
@Suite("A sign-in is judged by how the person signed in before")
struct SignInJudgementTests {
    /// A Friday at noon.
    private static let noon = Timestamp(seconds: 1_800_014_400)
    private static let berlin = IPAddress("192.0.2.9")
    private static let lisbon = IPAddress("198.51.100.4")
    private static let potsdam = IPAddress("203.0.113.200")

    private static func settings() throws -> AnomalySettings {
        func network(_ name: String, _ range: String, _ place: (Double, Double)?) throws -> NamedNetwork {
            NamedNetwork(
                name: name, ranges: [try #require(CIDR(range))],
                place: place.flatMap { GeoPoint(latitude: $0.0, longitude: $0.1) })
        }
        return AnomalySettings(networks: [
            try network("berlin", "192.0.2.0/24", (52.52, 13.40)),
            try network("lisbon", "198.51.100.0/24", (38.72, -9.14)),
            try network("potsdam", "203.0.113.128/25", (52.40, 13.06)),
            try network("vpn", "203.0.113.0/24", nil),
        ])
    }

    private static func history(
        _ count: Int, at network: String = "berlin", ending end: Timestamp = noon - .days(1)
    ) -> SignInHistory {
        var history = SignInHistory()
        for day in (0..<count).reversed() {
            history.note(.init(at: end - .days(day), network: network, anomalies: []), hasPlace: network != "vpn")
        }
        return history
    }

    private static func kinds(
        _ history: SignInHistory?, at: Timestamp = noon, from: IPAddress? = berlin, known: Bool = true,
        failures: Int = 0,
        _ settings: AnomalySettings? = nil
    ) throws -> [LoginAnomaly] {
        let observation = SignInObservation(at: at, address: from, isKnownDevice: known, failuresBefore: failures)
        return try (settings ?? Self.settings()).findings(observation, history).map(\.kind)
    }

    @Test("S4-78 whoever signs in for the first time is new nowhere, and a burst of failures is one all the same")
    func firstTime() throws {
        #expect(try Self.kinds(nil, known: false) == [])
        #expect(try Self.kinds(SignInHistory(), known: false) == [])
        #expect(try Self.kinds(nil, known: false, failures: 5) == [.failureBurst])
        #expect(try Self.kinds(nil, known: false, failures: 4) == [])
    }

    @Test("S4-78 nobody travels faster than an aeroplane, to places that are known")
    func travel() throws {
        // 2,310 km from Berlin to Lisbon take 2 h 19 min at 1,000 km/h.
        let before = Self.history(1, ending: Self.noon)
        #expect(try Self.kinds(before, at: Self.noon + .hours(2), from: Self.lisbon) == [.impossibleTravel])
        #expect(try Self.kinds(before, at: Self.noon + .hours(3), from: Self.lisbon) == [])
        // Near enough to be one place, and a network without a place.
        #expect(try Self.kinds(before, at: Self.noon + .seconds(1), from: Self.potsdam) == [])
        #expect(try Self.kinds(before, at: Self.noon + .seconds(1), from: IPAddress("203.0.113.1")) == [])
        #expect(try Self.kinds(before, at: Self.noon + .seconds(1), from: IPAddress("10.0.0.1")) == [])
        #expect(try Self.kinds(before, at: Self.noon + .seconds(1), from: nil) == [])
        // A clock that went back makes no time pass.
        #expect(try Self.kinds(before, at: Self.noon - .hours(9), from: Self.lisbon).contains(.impossibleTravel))
        // An IPv4-mapped address is the address it stands for.
        #expect(
            try Self.kinds(before, at: Self.noon + .hours(1), from: IPAddress("::ffff:198.51.100.4"))
                == [.impossibleTravel])
    }

    @Test("S4-78 a network whose place nobody knows leaves the last place that was known")
    func lastPlace() throws {
        var history = Self.history(1, ending: Self.noon)
        history.note(.init(at: Self.noon + .minutes(30), network: "vpn", anomalies: []), hasPlace: false)
        #expect(try Self.kinds(history, at: Self.noon + .hours(1), from: Self.lisbon) == [.impossibleTravel])
    }

    @Test("S4-78 an hour is unusual once there are habits, and its neighbours count")
    func hours() throws {
        #expect(try Self.kinds(Self.history(19), at: Self.noon + .hours(9)) == [])
        #expect(try Self.kinds(Self.history(20), at: Self.noon + .hours(9)) == [.unusualHour])
        for shift in [-1, 0, 1] { #expect(try Self.kinds(Self.history(20), at: Self.noon + .hours(shift)) == []) }
        #expect(try Self.kinds(Self.history(20), at: Self.noon + .hours(2)) == [.unusualHour])
        // One in a hundred is still unusual, two are not.
        var history = Self.history(98)
        history.note(.init(at: Self.noon + .hours(6), network: nil, anomalies: []), hasPlace: false)
        #expect(try Self.kinds(history, at: Self.noon + .hours(6)) == [.unusualHour])
        history.note(.init(at: Self.noon + .hours(7), network: nil, anomalies: []), hasPlace: false)
        #expect(try Self.kinds(history, at: Self.noon + .hours(6)) == [])
    }

    @Test("S4-78 midnight has neighbours on both sides")
    func midnight() throws {
        let midnight = Self.noon + .hours(12)
        let history = Self.history(20, ending: midnight - .days(2))
        #expect(try Self.kinds(history, at: midnight - .minutes(1)) == [])
        #expect(try Self.kinds(history, at: midnight + .minutes(90)) == [])
        #expect(try Self.kinds(history, at: midnight + .hours(2)) == [.unusualHour])
    }

    @Test("S4-78 a browser that is not known stands out, and all kinds can be found at once")
    func deviceAndAll() throws {
        let history = Self.history(30)
        #expect(try Self.kinds(history, known: false) == [.newDevice])
        var near = Self.history(30)
        near.note(.init(at: Self.noon + .hours(7), network: "berlin", anomalies: []), hasPlace: true)
        let all = try Self.kinds(near, at: Self.noon + .hours(9), from: Self.lisbon, known: false, failures: 9)
        #expect(all == [.impossibleTravel, .unusualHour, .newDevice, .failureBurst])
    }

    @Test("S4-78 what is switched off is not found", arguments: LoginAnomaly.allCases)
    func switchedOff(kind: LoginAnomaly) throws {
        var settings = try Self.settings()
        settings.kinds.remove(kind)
        let found = try Self.kinds(
            Self.history(30, ending: Self.noon + .hours(8)), at: Self.noon + .hours(10), from: Self.lisbon,
            known: false,
            failures: 9, settings)
        #expect(!found.contains(kind))
        #expect(found.count == 3 || kind == .unusualHour)
    }

    @Test("what is remembered has a bound, however long somebody has been here")
    func bounded() throws {
        var history = SignInHistory()
        for hour in 0..<5_000 {
            history.note(
                .init(at: Self.noon + .hours(hour), network: "berlin", anomalies: LoginAnomaly.allCases), hasPlace: true
            )
        }
        #expect(history.count == 5_000)
        #expect(history.recent.count == SignInHistory.recentLimit)
        #expect(history.recent.first?.at == Self.noon + .hours(4_999))
        #expect(history.hours.count == 24 && history.hours.reduce(0, +) <= 200)
    }

    @Test("of networks that overlap the narrowest counts")
    func narrowest() throws {
        let settings = try Self.settings()
        #expect(settings.network(of: Self.potsdam)?.name == "potsdam")
        #expect(settings.network(of: IPAddress("203.0.113.5"))?.name == "vpn")
        #expect(settings.network(of: IPAddress("203.0.114.5")) == nil)
    }

    @Test("distances on the globe are right within one in a hundred, over the date line too")
    func distances() throws {
        func place(_ latitude: Double, _ longitude: Double) throws -> GeoPoint {
            try #require(GeoPoint(latitude: latitude, longitude: longitude))
        }
        let berlin = try place(52.52, 13.405)
        #expect(abs(berlin.kilometres(to: try place(38.7223, -9.1393)) - 2_312) < 23)
        #expect(berlin.kilometres(to: berlin) == 0)
        #expect(abs(try place(0, 179.5).kilometres(to: place(0, -179.5)) - 111) < 2)
        #expect(abs(try place(90, 0).kilometres(to: place(-90, 77)) - 20_015) < 200)
        #expect(GeoPoint(latitude: 90.1, longitude: 0) == nil)
        #expect(GeoPoint(latitude: .nan, longitude: 0) == nil)
        #expect(GeoPoint(latitude: 0, longitude: -180.01) == nil)
    }
}
