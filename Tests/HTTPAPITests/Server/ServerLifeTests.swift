import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import Testing
import Vocabulary

@testable import HTTPAPI

@Suite("The listener starts, answers on its own socket, and stops in order")
struct ServerLifeTests {
    @Test("on a unix-domain socket the kernel vouches for the other end, and nobody has an address")
    func unixSocket() async throws {
        let path = NSTemporaryDirectory() + "gh-\(UUID().uuidString.prefix(8)).sock"
        let answers = try await RunningServer.with(address: .unix(path: path)) { _ in
            try await offThePool {
                let connection = try RawConnection(path: path)
                connection.send(ServerLimitTests.head([], "/peer"))
                return connection.receive(until: "none")
            }
        }
        #expect(answers.contains("true none"))
        let network = try await RunningServer.with { server in
            try await offThePool {
                let connection = try RawConnection(port: server.port)
                connection.send(ServerLimitTests.head(["X-Forwarded-For: 10.0.0.1"], "/peer"))
                return connection.receive(until: "127.0.0.1")
            }
        }
        #expect(network.contains("false 127.0.0.1"))
        #expect(!network.contains("10.0.0.1\r"))
    }

    @Test("a path that does not fit a socket's address stops the start")
    func longPath() async {
        let path = "/tmp/" + String(repeating: "x", count: 103)
        await #expect(throws: (any Error).self) { try await RunningServer.with(address: .unix(path: path)) { _ in } }
    }

    @Test("an address that is taken is named, with what to do about it")
    func takenAddress() async throws {
        try await RunningServer.with { first in
            let second = try HTTPServer(
                HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: first.port)),
                responder: RunningServer.router().buildResponder(), logger: Logger(label: "test"))
            let fault = await #expect(throws: Fault.self) { try await second.run() }
            #expect(fault?.code == "http.address")
            #expect(fault?.message.contains("127.0.0.1:\(first.port): another program listens there") == true)
            #expect(fault?.remedy != nil)
        }
    }

    @Test("a graceful stop answers what is running and refuses what comes new")
    func graceful() async throws {
        try await RunningServer.with(router: RunningServer.router(slow: .seconds(1))) { server in
            let idle = try await offThePool { try RawConnection(port: server.port).boxed }
            let running = try await offThePool {
                let connection = try RawConnection(port: server.port)
                connection.send(ServerLimitTests.head([], "/slow"))
                Thread.sleep(forTimeInterval: 0.3)
                return connection.boxed
            }
            await server.group.triggerGracefulShutdown()
            try await offThePool {
                #expect(idle.value.isClosed(within: 0.6))
                #expect(throws: RawConnection.Refused.self) { try RawConnection(port: server.port) }
                #expect(running.value.receive(until: "slow", seconds: 3).hasSuffix("slow"))
                #expect(running.value.isClosed(within: 1))
            }
        }
    }

    @Test("a stop does not wait for ever for an answer that does not come")
    func bounded() async throws {
        let start = ContinuousClock.now
        try await RunningServer.with(grace: .seconds(1), router: RunningServer.router(slow: .seconds(60))) { server in
            try await offThePool {
                let connection = try RawConnection(port: server.port)
                connection.send(ServerLimitTests.head([], "/slow"))
                Thread.sleep(forTimeInterval: 0.2)
            }
            let held = try await offThePool { try RawConnection(port: server.port).boxed }
            try await offThePool { held.value.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n") }
        }
        #expect(ContinuousClock.now - start < .seconds(10))
    }
}

extension RawConnection {
    /// A connection that several blocks use one after the other.
    struct Box: @unchecked Sendable {
        // Handed from one awaited block to the next, never to two at once.
        let value: RawConnection
    }

    var boxed: Box { Box(value: self) }
}
