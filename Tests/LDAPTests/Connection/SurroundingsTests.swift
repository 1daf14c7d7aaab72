import Fixtures
import Foundation
import Glibc
import Testing

@testable import LDAP

/// What a process of its own is needed for: libldap reads its surroundings once, at the first call.
@Suite(.serialized, .timeLimit(.minutes(1))) struct SurroundingsTests {
    // Matrix row 33: files and variables that tell libldap to believe anybody.
    @Test func neitherLdaprcNorTheEnvironmentSwitchesVerificationOff() async throws {
        let stranger = try await LocalCertificates(name: "Somebody else")
        let authority = try await LocalCertificates()
        let server = try await SlapdServer.edgeCases(certificates: try await stranger.server(names: ["127.0.0.1"]))
        let folder = try Self.folderOfTraps()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // The trap works: whoever does as libldap likes walks into it.
        let ports = [server.ports.ldap, try #require(server.ports.ldaps)]
        #expect(try Self.ldapsearchConnects(["-H", "ldaps://127.0.0.1:\(ports[1])"], in: folder))
        #expect(try Self.ldapsearchConnects(["-H", "ldap://127.0.0.1:\(ports[0])", "-ZZ"], in: folder))
        await #expect(processExitsWith: .success) {
            [folder = folder as String, ports = ports as [Int], file = authority.authorityFile as String] in
            guard chdir(folder) == 0 else { exit(10) }
            for (name, value) in ["HOME": folder, "LDAPTLS_REQCERT": "never", "LDAPRC": "ldaprc"] {
                setenv(name, value, 1)
            }
            let trust = LDAPTrust(authoritiesFile: file)
            for (port, transport) in [(ports[0], LDAPTransport.startTLS(trust)), (ports[1], .ldaps(trust))] {
                let configuration = LDAPConfiguration(
                    endpoint: LDAPEndpoint(host: "127.0.0.1", port: UInt16(port)), transport: transport)
                do {
                    _ = try await LDAPConnection(configuration).bind(dn: "cn=a,dc=x", password: Array("pw".utf8))
                    exit(11)
                } catch {
                    guard (error as? LDAPError)?.isConnectionFailure == true else { exit(12) }
                }
            }
            exit(0)
        }
        // And no password reached the stranger.
        #expect(!server.log.contains(" BIND dn=\"cn=a"))
    }

    // Matrix row 35: a server that says nothing costs time, never the processor.
    @Test(arguments: ["plain", "startTLS", "ldaps"])
    func aSilentServerCostsNoProcessorTime(way: String) async throws {
        let authority = try await LocalCertificates()
        let server = try await SlapdServer.edgeCases(certificates: try await authority.server(names: ["127.0.0.1"]))
        server.pause()
        defer { server.resume() }
        let port = way == "ldaps" ? try #require(server.ports.ldaps) : server.ports.ldap
        await #expect(processExitsWith: .success) {
            [way = way as String, port = port as Int, file = authority.authorityFile as String] in
            let trust = LDAPTrust(authoritiesFile: file)
            let transport: LDAPTransport =
                way == "plain" ? .allowPlaintext : way == "ldaps" ? .ldaps(trust) : .startTLS(trust)
            let configuration = LDAPConfiguration(
                endpoint: LDAPEndpoint(host: "127.0.0.1", port: UInt16(port)), transport: transport,
                connectTimeout: .seconds(2), operationTimeout: .seconds(2))
            let (start, before) = (ContinuousClock.now, clock())
            do {
                _ = try await LDAPConnection(configuration).bind(dn: "cn=a,dc=x", password: Array("pw".utf8))
                exit(10)
            } catch {
                guard (error as? LDAPError)?.isConnectionFailure == true else { exit(11) }
            }
            let elapsed = ContinuousClock.now - start
            guard elapsed > .milliseconds(1_500) else { exit(12) }
            guard elapsed < .seconds(6) else { exit(13) }
            // Two seconds of waiting; a tenth of one for starting up and for the machine's other work.
            guard Double(clock() - before) / Double(CLOCKS_PER_SEC) < 0.25 else { exit(14) }
            exit(0)
        }
    }

    // Matrix row 35: others sign in meanwhile.
    @Test func othersFlowWhileOneServerIsSilent() async throws {
        let (silent, well) = (try await SlapdServer.edgeCases(), try await SlapdServer.edgeCases())
        silent.pause()
        defer { silent.resume() }
        let alice = try #require(FixtureDirectory.edgeCases().person("alice"))
        var slow = silent.configuration()
        slow.operationTimeout = .seconds(2)
        let stuck = LDAPPool(LDAPServerList([slow]), identity: .perUse, limits: LDAPPoolLimits(connections: 4))
        let free = LDAPPool(LDAPServerList([well.configuration()]), identity: .perUse)
        @Sendable func signIn(_ pool: LDAPPool) async throws -> BindOutcome {
            try await pool.use { try await $0.bind(dn: alice.dn, password: Array(alice.password.utf8)) }
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                // Its own time-out, or the pool's word that this server is out: whatever it is, no answer.
                group.addTask {
                    let answer = try? await signIn(stuck)
                    #expect(answer == nil)
                }
            }
            group.addTask {
                let start = ContinuousClock.now
                for _ in 0..<20 { #expect((try? await signIn(free)) == .accepted(.init())) }
                #expect(ContinuousClock.now - start < .seconds(1))
            }
        }
    }

    /// A folder whose files tell libldap never to verify.
    private static func folderOfTraps() throws -> String {
        let folder = NSTemporaryDirectory() + "gatehouse-ldaprc-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["ldaprc", ".ldaprc"] {
            try "TLS_REQCERT never\n".write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        }
        return folder
    }

    /// Whether OpenLDAP's own tool, started among the traps, gets through to an answer.
    private static func ldapsearchConnects(_ arguments: [String], in folder: String) throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/ldapsearch")
        process.arguments = arguments + ["-x", "-LLL", "-s", "base", "-b", "", "supportedLDAPVersion"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ["LDAPTLS_REQCERT": "never", "HOME": folder]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
