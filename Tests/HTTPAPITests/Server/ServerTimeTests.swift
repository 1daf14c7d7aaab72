import Foundation
import Testing

@testable import HTTPAPI

/// Slow peers: each of them is let go within the time it has.
@Suite("The listener lets slow peers go")
struct ServerTimeTests {
    func serve(_ body: @escaping @Sendable (Int) throws -> Void) async throws {
        try await RunningServer.with { configuration in
            configuration.limits.idleSeconds = 1
            configuration.limits.requestSeconds = 1
            configuration.limits.writeStallSeconds = 1
        } _: { server in
            try await offThePool { try body(server.port) }
        }
    }

    @Test("a connection that says nothing is closed")
    func silent() async throws {
        try await serve { port in
            let connection = try RawConnection(port: port)
            #expect(connection.isClosed(within: 4))
        }
    }

    @Test("a head that trickles in is not waited for, first or later on the connection")
    func slowHead() async throws {
        try await serve { port in
            for isFirst in [true, false] {
                let connection = try RawConnection(port: port)
                if !isFirst {
                    connection.send(ServerLimitTests.head())
                    #expect(connection.receive(until: "ok 0").contains("200"))
                }
                connection.send("GET /ok HTTP/1.1\r\n")
                let start = Date()
                var number = 0
                while Date().timeIntervalSince(start) < 4, !connection.isClosed(within: 0.2) {
                    connection.send("X-\(number): 1\r\n")
                    number += 1
                }
                #expect(Date().timeIntervalSince(start) < 3.5)
            }
        }
    }

    // The server's idle timer begins anew with each byte of a body.
    @Test("a body that trickles in is not waited for")
    func slowBody() async throws {
        try await serve { port in
            let connection = try RawConnection(port: port)
            connection.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
            let start = Date()
            while Date().timeIntervalSince(start) < 4, !connection.isClosed(within: 0.2) { connection.send("x") }
            #expect(Date().timeIntervalSince(start) < 3.5)
        }
    }

    @Test("an answer that nobody reads is not kept for ever")
    func slowReader() async throws {
        try await serve { port in
            let connection = try RawConnection(port: port)
            connection.send(ServerLimitTests.head([], "/large"))
            Thread.sleep(forTimeInterval: 2.5)
            // What was in the kernel's buffers still comes; the rest never does.
            let received = connection.receive(seconds: 1).utf8.count
            #expect(received < 32 << 20)
            #expect(connection.isClosed(within: 0.1))
        }
    }

    @Test("a reader who is merely slow gets the whole answer")
    func patientReader() async throws {
        try await serve { port in
            let connection = try RawConnection(port: port)
            connection.send(ServerLimitTests.head(["Connection: close"], "/large"))
            Thread.sleep(forTimeInterval: 0.4)
            #expect(connection.receive(seconds: 2).utf8.count > 32 << 20)
        }
    }

    @Test("a body that goes on after its answer ends the connection")
    func endlessBody() async throws {
        try await serve { port in
            let connection = try RawConnection(port: port)
            connection.send("POST /unread HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n"
            var chunks = 0
            while chunks < 400, connection.send(chunk) { chunks += 1 }
            #expect(chunks < 400)
        }
    }

    @Test("a body that was not read is thrown away, and the connection goes on")
    func discardedBody() async throws {
        try await serve { port in
            let connection = try RawConnection(port: port)
            let body = String(repeating: "x", count: 1_000)
            connection.send("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + body)
            #expect(connection.receive(until: "}").hasPrefix("HTTP/1.1 401 "))
            connection.send(ServerLimitTests.head())
            #expect(connection.receive(until: "ok 0").hasPrefix("HTTP/1.1 200 "))
        }
    }
}
