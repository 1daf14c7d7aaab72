import Fixtures
import Foundation
import NKeys
import Testing
import Vocabulary

@testable import Gateway

private let realServers: [String] = NatsServer.executables

// S2-09, S2-10, S2-11, S2-12, S2-13, S2-14, S2-15, S2-16, S2-17, S2-18, S2-19, S2-20, S2-21, S2-22, S2-23, S2-27, S2-34, S2-35
@Suite(
    "The services of a bootstrap file at real servers",
    .enabled(if: !realServers.isEmpty, "SKIPPED: without nats-server nobody judges"))
struct NATSServicesTests {
    /// What each of the eleven hears beside its own domain.
    private static let related: KeyValuePairs = [
        "organization": ["person"], "person": ["location"], "location": [], "policy": ["organization"],
        "agent": ["person"], "audio": ["document"], "document": ["person"], "video": ["document"], "git": ["person"],
        "nix": ["git"], "spaces": [],
    ]
    private static let prefix = "thecowboyai.org"
    private static var domains: [String] { related.map(\.key) }

    @Test("Each of the eleven connects, and publishes and hears what it may, and nothing else", arguments: realServers)
    func rights(executable: String) async throws {
        try await NATSStage.run { stage, report in
            #expect(report.usersMade == 11 && report.accountsMade == 3 && report.operator == "thecowboyai")
            let server = try await stage.server(executable)
            defer { server.stop() }
            for (domain, related) in Self.related {
                let service = try await stage.connection("\(domain)-service", to: server)
                for other in Self.domains {
                    let subject = "\(Self.prefix).\(other).changed"
                    let complaints = try service.publish(subject, "1")
                    #expect(complaints.isEmpty == (other == domain), "\(domain) publishes to \(other): \(complaints)")
                    let heard = try service.subscribe("\(Self.prefix).\(other).>")
                    #expect(
                        heard.isEmpty == (other == domain || related.contains(other)),
                        "\(domain) hears \(other): \(heard)")
                }
                // Whatever is nobody's, everybody's, the servers' or another service's is none of its business.
                for subject in ["else", "\(Self.prefix)", "\(Self.prefix).\(domain)", "$SYS.REQ.SERVER.PING"] {
                    let complaints = try service.publish(subject, "1")
                    #expect(!complaints.isEmpty, "\(domain) publishes to \(subject)")
                }
                for subject in [">", "\(Self.prefix).>", "\(Self.prefix).*.changed", "$SYS.>", "$JS.>"] {
                    let complaints = try service.subscribe(subject)
                    #expect(!complaints.isEmpty, "\(domain) hears \(subject)")
                }
                #expect(try service.subscribe("_INBOX.\(domain).>") == [])
            }
        }
    }

    @Test(
        "What one account's service says another account's hears where it may, and nobody else", arguments: realServers)
    func acrossAccounts(executable: String) async throws {
        try await NATSStage.run { stage, _ in
            let server = try await stage.server(executable)
            defer { server.stop() }
            let person = try await stage.connection("person-service", to: server)
            for listener in ["document", "git", "agent"] {
                let service = try await stage.connection("\(listener)-service", to: server)
                #expect(try service.subscribe("\(Self.prefix).person.>") == [])
                _ = try person.publish("\(Self.prefix).person.moved", "to \(listener)")
                #expect(try service.payload(within: .seconds(3)) == "to \(listener)", "\(listener)")
            }
            // The account hears it as a whole; its users do only where their own rights say so.
            let audio = try await stage.connection("audio-service", to: server)
            let unheard = try audio.subscribe("\(Self.prefix).person.>")
            #expect(!unheard.isEmpty)
            let accounts = try await stage.service.overview(in: stage.caller.tenant).accounts
            let exported = try accounts.map { account -> (String, [String], [String]) in
                guard case .account(let claims) = try NATSToken(account.token).claims else { return ("", [], []) }
                let isGuarded = claims.exports.allSatisfy(\.needsActivation)
                #expect(isGuarded)
                return (account.name, claims.exports.map(\.subject), claims.imports.map(\.subject))
            }
            #expect(exported.first { $0.0 == "core" }?.1 == ["\(Self.prefix).person.>"])
            for name in ["media", "development"] {
                let account = exported.first { $0.0 == name }
                #expect(account?.1 == [] && account?.2 == ["\(Self.prefix).person.>"], "\(name)")
            }
        }
    }

    @Test("The policy service has its stream, which it can neither empty nor delete", arguments: realServers)
    func stream(executable: String) async throws {
        try await NATSStage.run { stage, _ in
            let server = try await stage.server(executable)
            defer { server.stop() }
            let policy = try await stage.connection("policy-service", to: server)
            let made = try policy.request(
                "$JS.API.STREAM.CREATE.POLICY_EVENTS",
                #"{"name":"POLICY_EVENTS","subjects":["thecowboyai.org.policy.events.>"],"storage":"file"}"#)
            #expect(made.contains("POLICY_EVENTS") && !made.contains("\"error\""), "\(made)")
            let kept = try policy.request("thecowboyai.org.policy.events.1.PolicyCreated", "{}")
            #expect(kept.contains("\"seq\":1"), "\(kept)")
            for verb in ["PURGE", "DELETE"] {
                let complaints = try policy.publish("$JS.API.STREAM.\(verb).POLICY_EVENTS", "")
                #expect(!complaints.isEmpty, "\(verb)")
            }
            let complaints = try policy.publish("$JS.API.STREAM.CREATE.OTHER", "{}")
            #expect(!complaints.isEmpty)
        }
    }

    @Test("Limits of an account, networks and times of a user hold", arguments: realServers)
    func bounds(executable: String) async throws {
        try await NATSStage.run { stage, _ in
            let elsewhere: AttributeValue = ["sources": ["10.0.0.0/8"]]
            _ = try await stage.service.changeUser("git-service", elsewhere, expecting: nil, by: stage.caller)
            // A window that was open two hours ago.
            let hour = Int(stage.gateway.clock().seconds / 3_600 % 24)
            let window: AttributeValue = [
                "times": [
                    [
                        "start": .string(Self.clock((hour + 21) % 24)), "end": .string(Self.clock((hour + 22) % 24)),
                    ]
                ], "time_zone": "UTC",
            ]
            _ = try await stage.service.changeUser("nix-service", window, expecting: nil, by: stage.caller)
            _ = try await stage.service.changeAccount(
                "media", ["limits": ["connections": 1]], expecting: nil, by: stage.caller)
            let server = try await stage.server(executable)
            defer { server.stop() }
            for user in ["git-service", "nix-service"] {
                let refusal = try NATSStage.refusal(try await stage.credentials(user), by: server)
                #expect(refusal != nil, "\(user)")
            }
            let first = try await stage.connection("audio-service", to: server)
            let second = try NATSStage.refusal(try await stage.credentials("video-service"), by: server)
            #expect(second != nil)
            #expect(try first.publish("thecowboyai.org.audio.x", "1") == [])
        }
    }

    private static func clock(_ hour: Int) -> String { (hour < 10 ? "0" : "") + "\(hour):00:00" }
}
