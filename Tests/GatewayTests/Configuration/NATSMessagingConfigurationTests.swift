import Foundation
import Governance
import Messaging
import Testing
import Vocabulary

@testable import Gateway

@Suite("What is configured of commands and events over NATS")
struct NATSMessagingConfigurationTests {
    private func read(_ lines: String = "", _ environment: [String: String] = [:]) throws -> Configuration {
        let text = """
            version: 1
            server: { listen: "127.0.0.1:0", public_url: "https://gate.example.org" }
            storage: { directory: data }
            keys: { master_key_file: master.key }
            tenants: [{ slug: main }]

            """
        return try ConfigurationLoader.parse(text + lines, file: "f", folder: "/etc", environment: environment)
    }

    private func faults(_ lines: String = "", _ environment: [String: String] = [:]) throws -> [String] {
        do {
            _ = try read(lines, environment)
            return []
        } catch let faults as ConfigurationFaults { return faults.faults.map(\.key) }
    }

    @Test("the variables of the policy service set what they set there; ours count before them")  // S0-71
    func variables() throws {
        #expect(try read().nats.messaging == nil)
        // Alone they say nothing of servers.
        #expect(try read("", ["STREAM_NAME": "OTHER", "LOG_LEVEL": "WARN"]).nats.messaging == nil)
        let read = try read(
            "",
            [
                "NATS_URL": "nats://leaf-1:4222, nats://leaf-2", "STREAM_NAME": "OTHER", "LOG_LEVEL": "warn",
                "SNAPSHOT_FREQUENCY": "50",
            ])
        let messaging = try #require(read.nats.messaging)
        #expect(messaging.servers.map(\.description) == ["nats://leaf-1:4222", "nats://leaf-2:4222"])
        #expect(messaging.events?.stream == "OTHER" && messaging.tenant == "main" && messaging.login == .nobody)
        #expect(read.logging.level == .warning && read.governance.snapshots.every == 50)
        let ours = try self.read(
            "", ["NATS_URL": "nats://a:1", "GATEHOUSE_NATS_MESSAGING_URL": "nats://b:2", "LOG_LEVEL": "Trace"])
        #expect(ours.nats.messaging?.servers.map(\.description) == ["nats://b:2"] && ours.logging.level == .trace)
        #expect(try faults("", ["NATS_URL": "http://a"]) == ["NATS_URL"])
        #expect(try faults("", ["LOG_LEVEL": "loud"]) == ["LOG_LEVEL"])
        #expect(try faults("", ["SNAPSHOT_FREQUENCY": "0"]) == ["SNAPSHOT_FREQUENCY"])
        // A secret has no place in an address, which is logged.
        #expect(try faults("", ["NATS_URL": "nats://user:secret@a:4222"]) == ["NATS_URL"])
    }

    @Test("without a word more it is what the policy service does by itself")  // S0-71, S0-72
    func defaults() throws {
        let messaging = try #require(try read("nats: { messaging: { commands: {} } }").nats.messaging)
        #expect(messaging.servers.map(\.description) == ["nats://localhost:4222"])
        let events = try #require(messaging.events)
        #expect(events.stream == "POLICY_EVENTS" && events.replicas == 1 && events.age == .days(365))
        #expect(messaging.commands?.queueGroup == "policy-service" && messaging.commands?.unsigned == nil)
        let own = try #require(try read("nats: { messaging: { user: policy-service } }").nats.messaging)
        #expect(own.servers.isEmpty && own.login == .own(user: "policy-service"))
    }

    @Test(
        "what cannot be is said, each by its key",
        arguments: [
            ("{ url: ftp://x }", "nats.messaging.url"), ("{ user: a, credentials_file: b }", "nats.messaging.user"),
            ("{ username: a }", "nats.messaging.password_file"),
            ("{ subject_prefix: \"a.*\" }", "nats.messaging.subject_prefix"),
            ("{ user: a, subject_prefix: b }", "nats.messaging.subject_prefix"),
            ("{ tenant: other }", "nats.messaging.tenant"),
            ("{ events: { stream: \"a b\" } }", "nats.messaging.events.stream"),
            ("{ events: { replicas: 9 } }", "nats.messaging.events.replicas"),
            ("{ events: { max_age: 1s } }", "nats.messaging.events.max_age"),
            ("{ commands: { queue_group: \"a b\" } }", "nats.messaging.commands.queue_group"),
            ("{ comands: {} }", "nats.messaging.comands"),
        ])
    func refused(_ text: String, _ key: String) throws {
        #expect(try faults("nats: { messaging: \(text) }") == [key])
    }
}
