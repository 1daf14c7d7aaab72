import BenchServer
import BenchTable
import Fixtures
import Foundation
import Gateway

/// The endpoints that programs use, in turns with a peer's: processor time of the server for each request, and how many
/// there are in a second when nothing else is asked. Both over TLS with the same certificate and the same load.
struct EndpointRun {
    let stage: OAuthStage
    let peer: (script: String, folder: String)?
    private let turns = 3
    private let seconds = 2.5

    func measure(_ table: BenchTable) async throws {
        let tokens = try await accessTokens()
        let server = try await stage.serve()
        defer { server.stop() }
        let rival = start()
        defer { rival?.stop() }
        let own = party(server, "signed", tokens.signed)
        for endpoint in Endpoint.compared(ownToken: tokens.opaque) {
            try measure(endpoint, own, rival?.party, table)
        }
        for endpoint in Endpoint.alone(ownToken: tokens.signed) { try measure(endpoint, own, nil, table) }
        say(
            "durability: a signed access token leaves no row with us, only the record of the decision that it may be; an "
                + "opaque one is on the disk (SQLite, WAL, synchronous=FULL) before it is answered. glewlwyd commits a row "
                + "of each (SQLite as it comes: rollback journal, synchronous=FULL).")
    }

    /// One token of each kind, which live until the run is over.
    private func accessTokens() async throws -> (signed: String, opaque: String) {
        let open = try await stage.open()
        func token(_ client: String) async throws -> String {
            try OpenGateway.text(
                "access_token", of: try await open.token(client, [("grant_type", "client_credentials")]))
        }
        let tokens = (try await token("signed"), try await token("opaque"))
        try await open.gateway.close()
        return tokens
    }

    private func party(_ server: ServerProcess, _ client: String, _ token: String) -> Party {
        Party(
            name: "gatehouse", isOurs: true, process: server.identifier, address: stage.address,
            discovery: "/.well-known/openid-configuration", keys: "/oauth2/jwks", token: "/oauth2/token",
            introspection: "/oauth2/introspect", credentials: "\(client):\(OAuthStage.secret)",
            scope: OAuthStage.scope, accessToken: token)
    }

    private func start() -> Peer? {
        guard let peer else {
            say("not measured beside glewlwyd: no script was named; our figures stand alone")
            return nil
        }
        do {
            let started = try Peer(
                script: peer.script, folder: peer.folder, certificate: stage.certificate.certificateFile,
                key: stage.certificate.keyFile)
            say(
                "beside glewlwyd \(started.version), which signs with \(started.algorithm) and keeps its rows in SQLite"
            )
            return started
        } catch {
            say("not measured beside glewlwyd: \(error); our figures stand alone")
            return nil
        }
    }

    // MARK: One endpoint

    private struct Sum {
        var done = 0
        var failed = 0
        var processor = 0.0
        var wall = 0.0
        var microseconds: Double { processor * 1e6 / Double(max(1, done)) }
        var rate: Double { Double(done) / max(wall, 0.001) }
    }

    private func measure(_ endpoint: Endpoint, _ own: Party, _ rival: Party?, _ table: BenchTable) throws {
        let parties = [own, rival].compactMap(\.self)
        let loads = try parties.map { try load(endpoint, $0) }
        // Connections and caches once, and how many requests fill a turn.
        let counts = try loads.map { load in
            max(load.connections, Int(try load.run(["-D", "1"]).rate * seconds))
        }
        var sums = parties.map { _ in Sum() }
        for _ in 0..<turns {
            for (index, party) in parties.enumerated() {
                let before = ProcessorTime.seconds(of: party.process)
                let result = try loads[index].run(["-n", "\(counts[index])"])
                sums[index].processor += ProcessorTime.seconds(of: party.process) - before
                sums[index].done += result.done
                sums[index].failed += result.failed
                sums[index].wall += Double(result.done) / result.rate
            }
        }
        tell(endpoint, parties, sums, table)
    }

    private func load(_ endpoint: Endpoint, _ party: Party) throws -> LoadGenerator {
        let request = endpoint.request(party)
        guard let form = request.form else {
            return LoadGenerator(party.address + request.path, folder: stage.folder)
        }
        let file = stage.folder + "/\(party.name).form"
        try form.write(toFile: file, atomically: true, encoding: .utf8)
        let credentials = Data((request.credentials ?? party.credentials).utf8).base64EncodedString()
        return LoadGenerator(
            party.address + request.path,
            headers: ["authorization: Basic \(credentials)", "content-type: application/x-www-form-urlencoded"],
            bodyFile: file, folder: stage.folder)
    }

    private func tell(_ endpoint: Endpoint, _ parties: [Party], _ sums: [Sum], _ table: BenchTable) {
        let figures = zip(parties, sums).map { party, sum in
            "\(party.name) \(BenchTable.grouped(Int(sum.rate)))/s, "
                + String(format: "%.1f µs of processor time each", sum.microseconds)
        }
        say("\(endpoint.name): " + figures.joined(separator: "; "))
        if let limit = endpoint.limit {
            table.most("\(endpoint.name): processor time of the server per request", sums[0].microseconds, limit, "µs")
        }
        if let ratio = endpoint.ratio, sums.count > 1 {
            table.least(
                "\(endpoint.name): processor time of glewlwyd over ours", sums[1].microseconds / sums[0].microseconds,
                ratio, "times")
            table.exact("\(endpoint.name): answers of glewlwyd that were not 200", sums[1].failed, 0)
        }
        table.exact("\(endpoint.name): answers that were not 200", sums[0].failed, 0)
    }
}
