import Foundation
import HTTPAPI
import Testing
import Vocabulary

@Suite("Receivers of security events by the command line", .timeLimit(.minutes(3)))
struct SignalCommandTests {
    private static func streams(_ installed: Installed) async throws -> [AttributeValue] {
        try #require(try StrictJSON.parse(Array(await installed.done("signal", "list", "--json").utf8)).list)
    }

    @Test func aReceiverIsAddedHearsAtOnceAlsoUnderANewKeyAndIsTakenAway() async throws {
        let receiver = SignalReceiverServer()
        try await receiver.listen { port in
            let installed = try await Installed()
            let file = installed.folder + "/shop.header"
            try "\(SignalScene.header)\n".write(toFile: file, atomically: true, encoding: .utf8)
            try await installed.serving { _ in
                try await installed.done("client", "add", "shop", "--redirect", "https://shop.example.org/back")
                let said = try await installed.done(
                    "signal", "add", "shop", "--to", "http://127.0.0.1:\(port)/events", "--header-file", file)
                #expect(said.contains("signal verify"))
                let stream = try #require(try await Self.streams(installed).first)
                let id = try #require(stream["id"]?.string)
                #expect(stream["has_header"] == true && !"\(stream)".contains(SignalScene.header))
                try await installed.done("key", "rotate", "record")
                #expect(try await installed.done("key", "reseal").hasPrefix("Sealed anew: 1 values"))
                try await installed.done("signal", "verify", id)
                // Nobody looks again and again: the word itself wakes who tells.
                try await SignalDeliveryTests.waitUntil { receiver.pushes.count == 1 }
                #expect(receiver.pushes.first?.authorization == SignalScene.header)
                let soon = try await installed.run("signal", "verify", id)
                #expect(soon.status == 1 && soon.error.contains("a moment ago"), "\(soon.error)")
                for (verb, status) in [("pause", "paused"), ("resume", "enabled"), ("disable", "disabled")] {
                    #expect(try await installed.done("signal", verb, id, "--reason", "a test").contains(status))
                    #expect(try await installed.done("signal", "show", id).contains(status))
                }
                let wrong = try await installed.run("signal", "add", "shop", "--event", "everything")
                #expect(wrong.status == 2)
                let nobody = try await installed.run("signal", "add", "nobody")
                #expect(nobody.status == 1)
                try await installed.done("signal", "delete", id)
                #expect(try await Self.streams(installed).isEmpty)
            }
        }
    }
}
