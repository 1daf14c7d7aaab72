import Foundation
import Identity
import Testing
import Vocabulary

@testable import Gateway

// S4-78: what is looked for in sign-ins is the operator's choice.
@Suite("The section `anomalies` says what is looked for, and every fault of it is told")
struct AnomalyConfigurationTests {
    private static func load(_ anomalies: String, lockout: String = "") throws -> Configuration {
        let text = """
            version: 1
            server: { public_url: "https://gate.example.org" }
            storage: { directory: data }
            tenants: [{ slug: main }]
            \(lockout)
            \(anomalies)
            """
        return try ConfigurationLoader.parse(text, file: "t.yaml", folder: "/tmp", environment: [:])
    }

    private static func faults(_ anomalies: String, lockout: String = "") -> [String] {
        do {
            _ = try load(anomalies, lockout: lockout)
            return []
        } catch let faults as ConfigurationFaults {
            return faults.faults.map { "\($0.key): \($0.message)" }
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `without a word everything is looked for, and each kind is switched off by itself`() throws {
        #expect(try Self.load("").anomalies.settings.kinds == Set(LoginAnomaly.allCases))
        for kind in LoginAnomaly.allCases {
            let one = try Self.load("anomalies: { \(kind.rawValue): { enabled: false } }").anomalies.settings
            #expect(one.kinds == Set(LoginAnomaly.allCases).subtracting([kind]))
        }
        #expect(try Self.load("", lockout: "lockout: { account_limit: 3 }").anomalies.settings.burstFailures == 3)
    }

    @Test func `networks have names, ranges and perhaps a place`() throws {
        let settings = try Self.load(
            """
            anomalies:
              impossible_travel: { enabled: true, maximum_kmh: 900, minimum_km: 100 }
              networks:
                - { name: berlin, ranges: [192.0.2.0/24, "2001:db8::/32"], latitude: 52.5, longitude: 13.4 }
                - { name: lisbon, ranges: [198.51.100.0/24], latitude: 38.7, longitude: -9.1 }
                - { name: vpn, ranges: [203.0.113.1] }
            """
        ).anomalies.settings
        #expect(settings.network(of: IPAddress("2001:db8:1::5"))?.name == "berlin")
        #expect(settings.network(of: IPAddress("203.0.113.1"))?.place == nil)
        #expect(settings.maximumSpeedKilometresPerHour == 900 && settings.minimumDistanceKilometres == 100)
    }

    @Test func `every fault is told at once, with its key`() {
        let faults = Self.faults(
            """
            anomalies:
              impossible_travel: { enabled: true, maximum_kmh: 49 }
              failure_burst: { failures: 11 }
              unusual_hours: { enabled: true }
              networks:
                - { name: Berlin, ranges: [192.0.2.5/24], latitude: 91, longitude: 13 }
                - { name: lisbon, ranges: [198.51.100.0/24], latitude: 38.7 }
                - { name: lisbon, ranges: [198.51.100.0/24] }
                - { ranges: [] , place: moon }
            """)
        let expected = [
            "anomalies.impossible_travel.maximum_kmh", "anomalies.failure_burst.failures", "anomalies.unusual_hours",
            "anomalies.networks[0].name", "anomalies.networks[0].ranges", "anomalies.networks[0].latitude",
            "anomalies.networks[1].longitude", "anomalies.networks[2].name", "anomalies.networks[2].ranges",
            "anomalies.networks[3].name", "anomalies.networks[3].place", "anomalies.impossible_travel.enabled",
        ]
        for key in expected { #expect(faults.contains { $0.hasPrefix(key + ":") }, "\(key) in \(faults)") }
    }

    @Test func `one past each limit is refused`() {
        #expect(Self.faults("anomalies: { failure_burst: { failures: 1 } }").count == 1)
        #expect(Self.faults("anomalies: { unusual_hour: { after_sign_ins: 4 } }").count == 1)
        #expect(Self.faults("anomalies: { unusual_hour: { after_sign_ins: 1001 } }").count == 1)
        #expect(Self.faults("anomalies: { impossible_travel: { minimum_km: 9 } }").count == 1)
        #expect(Self.faults("login: { device_lifetime: 401d }").count == 1)
        let ranges = (0...AnomalyConfiguration.rangeLimit).map { "10.0.\($0 / 256).\($0 % 256)" }.joined(
            separator: ", ")
        #expect(!Self.faults("anomalies: { networks: [{ name: a, ranges: [\(ranges)] }] }").isEmpty)
    }
}
