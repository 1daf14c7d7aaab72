import Fixtures
import Foundation
import Testing

@testable import Messaging

@Suite(
    "A connection to real servers",
    .enabled(if: !realServers.isEmpty, "SKIPPED: without nats-server nobody answers"))
struct ConnectionTests {
    @Test("A server that is absent at first is found later, and found again after it went away", arguments: realServers)
    func absent(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "" }
        defer { server.stop() }
        server.crash()
        let connection = try MessagingConnection(server.configuration())
        #expect(await eventually { connection.status.failedAttempts > 2 })
        #expect(connection.status.state == .connecting)
        #expect(connection.status.lastTrouble?.kind == .unreachable)
        #expect(
            await failure { _ = try await connection.request("a", []) } == .notConnected(connection.status.lastTrouble))
        try await server.restart()
        #expect(await eventually { connection.status.state == .connected })
        server.crash()
        #expect(await eventually { connection.status.state == .reconnecting })
        try await server.restart()
        #expect(await eventually { connection.status.state == .connected })
        #expect(connection.status.connections == 2)
        await connection.close()
        #expect(connection.status.state == .closed)
        #expect(await failure { try connection.publish("a", []) } == .closed)
        #expect(await failure { _ = try await connection.request("a", []) } == .closed)
    }

    @Test("The second server is taken when the first is absent", arguments: realServers)
    func second(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "" }
        defer { server.stop() }
        let absent = try MessagingServer("nats://127.0.0.1:\(LoopbackPort.free())")
        let connection = try await server.connection { $0.servers.insert(absent, at: 0) }
        #expect(connection.status.server == "nats://127.0.0.1:\(server.port)")
        await connection.close()
    }

    @Test(
        "What is published without a connection is sent on the next, as much as the buffer holds",
        arguments: realServers)
    func buffered(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "" }
        defer { server.stop() }
        let listener = try await server.connection()
        let heard = Tally()
        var settings = ServiceConfiguration(subject: "news", queueGroup: nil)
        settings.handlesUnanswered = true
        let service = try RequestService(listener, settings) { request in
            heard.add(text(request.payload))
            return ServiceAnswer()
        }
        server.crash()
        let connection = try MessagingConnection(server.configuration { $0.bufferByteLimit = 2_000 })
        var accepted = 0
        var refusal: MessagingError?
        while refusal == nil, accepted < 1_000 {
            refusal = await failure { try connection.publish("news", bytes("\(accepted)")) }
            if refusal == nil { accepted += 1 }
        }
        #expect(refusal == .busy)
        #expect(accepted > 5)
        // The listener must be there first: what nobody listens to is gone.
        let gate = try MessagingConnection(server.configuration())
        await connection.close(within: .milliseconds(10))
        #expect(connection.metrics.dropped == accepted)
        try await server.restart()
        #expect(await eventually { listener.status.state == .connected })
        try gate.publish("news", bytes("kept"))
        #expect(await eventually { heard["kept"] == 1 })
        await service.stop()
        await gate.close()
        await listener.close()
    }

    @Test("Payloads of any bytes arrive as they were sent, with their headers", arguments: realServers)
    func payloads(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "" }
        defer { server.stop() }
        let connection = try await server.connection()
        let service = try RequestService(connection, ServiceConfiguration(subject: "echo", queueGroup: "q")) {
            request in
            ServiceAnswer(request.payload, headers: request.headers)
        }
        let all = (0...255).map { UInt8($0) }
        for payload in [[], [0], all, Array(repeating: 0, count: 50_000), bytes("\r\nPUB x 1\r\n\r\n")] {
            let headers = try MessageHeaders([("X-One", "1"), ("X-Two", "tab\tand: colon, ä")])
            let answer = try await connection.request("echo", payload, headers: headers)
            #expect(answer.payload == payload)
            #expect(answer.headers["X-One"] == "1")
            #expect(answer.headers["X-Two"] == "tab\tand: colon, ä")
        }
        await service.stop()
        await connection.close()
    }

    @Test("A payload above the server's limit is refused here, and the connection stays", arguments: realServers)
    func payloadLimit(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "max_payload: 1000\n" }
        defer { server.stop() }
        let connection = try await server.connection()
        let error = await failure { _ = try await connection.request("a", Array(repeating: 1, count: 1_001)) }
        #expect(error == .payloadTooLarge(bytes: 1_001, limit: 1_000))
        // Headers count as well, which the library sees.
        let headers = try MessageHeaders([("A", String(repeating: "v", count: 500))])
        let second = await failure {
            _ = try await connection.request("a", Array(repeating: 1, count: 900), headers: headers)
        }
        #expect(second == .payloadTooLarge(bytes: 900, limit: 1_000))
        #expect(await failure { _ = try await connection.request("a", []) } == .noResponders)
        #expect(connection.status.connections == 1)
        await connection.close()
    }

    @Test(
        "Requests end: by nobody, by time, by cancelling, by the end of the connection, by closing",
        arguments: realServers)
    func ends(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "" }
        defer { server.stop() }
        let connection = try await server.connection()
        let mute = try RequestService(connection, ServiceConfiguration(subject: "mute", queueGroup: nil)) { _ in
            try await Task.sleep(for: .seconds(3_600))
            return ServiceAnswer()
        }
        #expect(
            await eventually {
                await failure { _ = try await connection.request("mute", [], timeout: .milliseconds(50)) } == .timedOut
            })
        #expect(await failure { _ = try await connection.request("nobody", []) } == .noResponders)
        let cancelled = Task { try await connection.request("mute", []) }
        #expect(await eventually { connection.metrics.waiting == 1 })
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let lost = Task { await failure { _ = try await connection.request("mute", [], timeout: .seconds(60)) } }
        #expect(await eventually { connection.metrics.waiting == 1 })
        server.crash()
        #expect(await lost.value == .connectionLost)
        try await server.restart()
        try await within(.seconds(20)) { try await connection.untilConnected() }
        let closed = Task { await failure { _ = try await connection.request("mute", [], timeout: .seconds(60)) } }
        #expect(await eventually { connection.metrics.waiting == 1 })
        await connection.close()
        #expect(await closed.value == .closed)
        await mute.stop(within: .milliseconds(1))
    }

    @Test("Many requests at once are answered each with its own answer", arguments: realServers)
    func pipelined(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "" }
        defer { server.stop() }
        let connection = try await server.connection()
        var settings = ServiceConfiguration(subject: "echo", queueGroup: "q")
        settings.queueLimit = 10_000
        let service = try RequestService(connection, settings) { ServiceAnswer($0.payload) }
        let start = ContinuousClock.now
        let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<64 {
                group.addTask {
                    var wrong = 0
                    for number in 0..<200 {
                        let payload = bytes("\(worker).\(number)")
                        let answer = try await connection.request("echo", payload, timeout: .seconds(30))
                        if answer.payload != payload { wrong += 1 }
                    }
                    return wrong
                }
            }
            return try await group.reduce(0, +)
        }
        print("MEASURED \(executable): \(Int(12_800 / ((ContinuousClock.now - start) / .seconds(1)))) requests/s by 64")
        #expect(wrong == 0)
        #expect(service.metrics.answered == 12_800)
        await service.stop()
        await connection.close()
    }

    @Test("Nothing of a connection stays behind with the library", arguments: realServers)
    func leaves(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "" }
        defer { server.stop() }
        #expect(await eventually { CallbackTable.count == 0 })
        do {
            let connection = try await server.connection()
            let service = try RequestService(connection, ServiceConfiguration(subject: "a", queueGroup: nil)) { _ in
                ServiceAnswer()
            }
            #expect(await eventually { await failure { _ = try await connection.request("a", []) } == nil })
            #expect(CallbackTable.count > 0)
            _ = service.metrics
        }
        #expect(await eventually { CallbackTable.count == 0 })
    }

    @Test("A handshake that never ends does not hold anything up")
    func hanging() async throws {
        let trap = try SilentServer(
            greeting:
                #"INFO {"server_id":"x","version":"2.9.10","proto":1,"headers":true,"tls_required":true,"max_payload":1000}"#
        )
        var configuration = MessagingConfiguration(servers: [try MessagingServer("tls://127.0.0.1:\(trap.port)")])
        configuration.connectTimeout = .milliseconds(300)
        configuration.reconnectWait = .milliseconds(10) ... .milliseconds(20)
        let connection = try MessagingConnection(configuration)
        #expect(await eventually { connection.status.lastTrouble?.kind == .timedOut })
        try await within(.seconds(20)) { await connection.close(within: .milliseconds(100)) }
        #expect(await eventually { connection.status.state == .closed })
        trap.stop()
    }

    @Test("A server that says no word is given up")
    func silent() async throws {
        let trap = try SilentServer(greeting: "")
        var configuration = MessagingConfiguration(servers: [try MessagingServer("nats://127.0.0.1:\(trap.port)")])
        configuration.connectTimeout = .milliseconds(200)
        let connection = try MessagingConnection(configuration)
        #expect(await eventually { connection.status.lastTrouble != nil })
        #expect(connection.status.state == .connecting)
        await connection.close(within: .milliseconds(100))
        trap.stop()
    }
}
