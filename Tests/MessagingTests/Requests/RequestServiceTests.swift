import Fixtures
import Foundation
import Testing

@testable import Messaging

@Suite(
    "A service that answers requests at real servers",
    .enabled(if: !realServers.isEmpty, "SKIPPED: without nats-server nobody asks"))
struct RequestServiceTests {
    private func settings(_ subject: String = "policy.commands.*") -> ServiceConfiguration {
        ServiceConfiguration(subject: subject, queueGroup: "gatehouse")
    }

    @Test("Of the members of a group one handles each request", arguments: realServers)
    func group(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "" }
        defer { server.stop() }
        let connections = [
            try await server.connection(), try await server.connection(), try await server.connection(),
        ]
        let handled = Tally()
        let services = try connections.map { connection in
            try RequestService(connection, settings()) { request in
                handled.add(text(request.payload))
                return ServiceAnswer(bytes(request.subject + " " + text(request.payload)))
            }
        }
        #expect(
            await eventually {
                await failure { _ = try await connections[0].request("policy.commands.x", bytes("first")) } == nil
            })
        for number in 0..<300 {
            let answer = try await connections[number % 3].request("policy.commands.create", bytes("\(number)"))
            #expect(text(answer.payload) == "policy.commands.create \(number)")
        }
        #expect(handled.all.values.allSatisfy { $0 == 1 })
        #expect(handled.all.count == 301)
        for service in services { #expect(service.metrics.requests > 30) }
        for service in services { await service.stop() }
        #expect(await failure { _ = try await connections[0].request("policy.commands.create", []) } == .noResponders)
        for connection in connections { await connection.close() }
    }

    @Test("What is too much is told so at once, and what was accepted is answered", arguments: realServers)
    func busy(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "" }
        defer { server.stop() }
        let connection = try await server.connection()
        var settings = settings()
        settings.concurrency = 2
        settings.queueLimit = 3
        settings.busy = .error(503, "too\r\nmuch", payload: bytes("{}"))
        let (gate, open) = AsyncStream<Void>.makeStream()
        let opened = Task { for await _ in gate {} }
        let service = try RequestService(connection, settings) { request in
            await opened.value
            return ServiceAnswer(request.payload)
        }
        let answers = Tally()
        let asked = Task {
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let answer = try? await connection.request(
                            "policy.commands.a", bytes("\(number)"), timeout: .seconds(60))
                        answers.add(answer?.headers["Nats-Service-Error-Code"] ?? "done")
                        if let error = answer?.headers["Nats-Service-Error"] { answers.add(error) }
                    }
                }
            }
        }
        #expect(await eventually { answers["503"] == 15 })
        #expect(answers["too??much"] == 15)
        #expect(service.metrics.running == 2)
        #expect(service.metrics.queued == 3)
        open.finish()
        await asked.value
        #expect(answers["done"] == 5)
        #expect(service.metrics.busy == 15)
        #expect(service.metrics.answered == 20)
        await service.stop()
        await connection.close()
    }

    @Test(
        "Payloads that are too long, handlers that throw and answers that do not fit are answered with errors",
        arguments: realServers)
    func errors(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "max_payload: 10000\n" }
        defer { server.stop() }
        let connection = try await server.connection()
        var settings = settings()
        settings.payloadLimit = 100
        let service = try RequestService(connection, settings) { request in
            switch request.subject {
            case "policy.commands.throw": throw Late()
            case "policy.commands.long": return ServiceAnswer(Array(repeating: 0, count: 20_000))
            case "policy.commands.refuse": return .error(409, "conflict", payload: bytes("why"))
            default: return ServiceAnswer(request.payload)
            }
        }
        func code(_ verb: String, _ count: Int = 1) async throws -> String? {
            let payload = [UInt8](repeating: 1, count: count)
            return try await connection.request("policy.commands." + verb, payload).headers["Nats-Service-Error-Code"]
        }
        #expect(await eventually { (try? await code("x", 100)) != nil || service.metrics.answered > 0 })
        #expect(try await code("x", 100) == nil)
        #expect(try await code("x", 101) == "413")
        #expect(try await code("throw") == "500")
        #expect(try await code("long") == "500")
        #expect(try await code("refuse") == "409")
        #expect(service.metrics.tooLarge == 1)
        #expect(service.metrics.failed == 2)
        await service.stop()
        await connection.close()
    }

    @Test("Who waits for no answer is heard only where that is wanted", arguments: realServers)
    func unanswered(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "" }
        defer { server.stop() }
        let connection = try await server.connection()
        let heard = Tally()
        var quiet = settings("quiet")
        quiet.handlesUnanswered = true
        let services = try [settings("loud"), quiet].map { settings in
            try RequestService(connection, settings) { request in
                heard.add(request.subject + (request.isAnswered ? "?" : ""))
                return ServiceAnswer()
            }
        }
        for subject in ["loud", "quiet"] {
            #expect(await eventually { await failure { _ = try await connection.request(subject, []) } == nil })
            try connection.publish(subject, [])
        }
        #expect(await eventually { heard["quiet"] == 1 && services[0].metrics.unanswerable == 1 })
        #expect(heard["loud"] == 0)
        #expect(heard["loud?"] == 1)
        for service in services { await service.stop() }
        await connection.close()
    }

    @Test("A stop lets those finish who were accepted, and cuts off who takes too long", arguments: realServers)
    func stop(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "" }
        defer { server.stop() }
        let (asker, connection) = (try await server.connection(), try await server.connection())
        for isEndless in [false, true] {
            var settings = settings()
            settings.concurrency = 4
            let service = try RequestService(connection, settings) { request in
                try await Task.sleep(for: isEndless ? .seconds(3_600) : .milliseconds(100))
                return ServiceAnswer(request.payload)
            }
            let answers = Tally()
            let asked = Task {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<12 {
                        group.addTask {
                            let answer = try? await asker.request("policy.commands.a", [1], timeout: .seconds(60))
                            answers.add(answer.map { $0.headers["Nats-Service-Error-Code"] ?? "done" } ?? "lost")
                        }
                    }
                }
            }
            #expect(await eventually { service.metrics.requests == 12 || answers["lost"] > 0 })
            let accepted = service.metrics.requests
            await service.stop(within: isEndless ? .milliseconds(300) : .seconds(30))
            await asked.value
            #expect(answers[isEndless ? "500" : "done"] == accepted)
            #expect(answers["lost"] == 12 - accepted)
            #expect(service.metrics.answered == accepted)
        }
        await connection.close()
        await asker.close()
    }

    @Test("A service is there again after the server was away", arguments: realServers)
    func again(executable: String) async throws {
        let server = try await NatsServer.start(executable) { _ in "" }
        defer { server.stop() }
        let connection = try await server.connection()
        let service = try RequestService(connection, settings()) { ServiceAnswer($0.payload) }
        for _ in 0..<2 {
            #expect(
                await eventually { await failure { _ = try await connection.request("policy.commands.a", []) } == nil })
            server.crash()
            try await server.restart()
        }
        #expect(await eventually { await failure { _ = try await connection.request("policy.commands.a", []) } == nil })
        // Stopping without a server does not wait for one.
        server.crash()
        #expect(await eventually { connection.status.state == .reconnecting })
        try await within(.seconds(20)) { await service.stop(within: .seconds(60)) }
        await connection.close()
    }

    @Test(
        "A service that cannot be is refused",
        arguments: [("", "q"), ("a b", "q"), ("a", "q r"), ("a", ""), ("a", "q\r\n")])
    func invalid(subject: String, group: String) throws {
        let connection = try MessagingConnection(
            MessagingConfiguration(servers: [MessagingServer("nats://127.0.0.1:1")]))
        #expect(throws: MessagingError.self) {
            try RequestService(connection, ServiceConfiguration(subject: subject, queueGroup: group)) { _ in
                ServiceAnswer()
            }
        }
    }
}
