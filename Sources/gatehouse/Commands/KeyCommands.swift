import ArgumentParser
import Fetch
import Foundation
import Gateway
import Vocabulary

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Keys of the key ring.",
        subcommands: [List.self, Rotate.self, Reseal.self, Rewrap.self, Recover.self])

    struct List: ListCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the tenant's keys, what stands under each, and what keeps an old one.")
        static let columns: KeyValuePairs = [
            "PURPOSE": "purpose", "ID": "id", "STATE": "state", "CREATED": "created_at", "VALUES": "count",
            "WAITS FOR": "waits_for", "RETIRED": "retired_at",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("keys") }
    }

    struct Rotate: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a new key active for a purpose, or for all.",
            discussion: """
                What the old key sealed still opens. It is sealed anew in the background, and the old key is destroyed \
                as soon as nothing stands under it: `key list` says what it waits for.
                """)
        @Argument(help: "One of \(RotatableKey.allCases.map(\.rawValue).joined(separator: ", ")), or all.")
        var purpose: String
        @OptionGroup var options: APIOptions

        private var keys: [RotatableKey] {
            purpose == "all" ? RotatableKey.allCases : RotatableKey(rawValue: purpose).map { [$0] } ?? []
        }

        func validate() throws {
            guard !keys.isEmpty else { throw ValidationError("`\(purpose)` is not a purpose.") }
        }

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            for key in keys { try await client.call(.post, api("keys", key.rawValue, "rotate")) }
            let lines = keys.map { "A new key is active for \($0.rawValue). \($0.consequence)" }
            return APIAnswer(
                ["rotated": .list(keys.map { .string($0.rawValue) })], lines.joined(separator: "\n"))
        }
    }

    struct Reseal: DoCommand {
        static let configuration = CommandConfiguration(
            abstract: "Does now what a running server does in the background for old keys.")
        @OptionGroup var options: APIOptions

        var path: String { api("keys", "reseal") }

        func sentence(_ answer: AttributeValue) -> String {
            "Sealed anew: \(answer.cell("resealed")) values, unreadable: \(answer.cell("unreadable")). "
                + "Keys destroyed: \(answer.cell("retired"))."
        }
    }

    struct Rewrap: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a new master key and puts every key under it; also beside a running server.",
            discussion: """
                Interrupted at any moment, the gateway starts as before, and running it again finishes it. The former \
                key is kept beside the new one: backups from before need it.
                """)
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard options.tenant == nil else { throw ValidationError("The master key is all tenants' own.") }
        }

        func run() async throws {
            let change = try MasterKeyChange(try options.location.load())
            let former = try await change.alone {
                try await rewrap(change)
                return try change.finish()
            }
            Console.line(
                """
                Every key is under the new master key in \(change.path).
                The former one is in \(former): move it to where backups from before are kept, and destroy it with them.
                If it may have been seen, run `gatehouse key rotate all` for each tenant, too.
                """)
        }

        private func rewrap(_ change: MasterKeyChange) async throws {
            try await options.withGateway { client in
                // A gateway that does not answer for itself must not be handed a key.
                try await client.call(.get, "/healthz")
                let code = try change.prepare()
                Console.line(
                    """
                    Recovery code of the new master key, shown this once. Print it and keep it apart from this machine:

                      \(code.reveal())

                    """)
                try await client.call(.post, "/api/v1/keys/rewrap")
            }
        }
    }

    struct Recover: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the master key anew from its sealed copy; the recovery code is read from standard input.")
        @Argument(help: "The sealed key, master.key.recovery.") var sealed: String
        @Argument(help: "The new file of the master key.") var target: String

        func run() throws {
            let code = try Console.readSecret("Recovery code: ")
            let path = URL(fileURLWithPath: target).path
            try Installation.recoverMasterKey(sealed: URL(fileURLWithPath: sealed).path, code: code, to: path)
            Console.line("Wrote the master key to \(path), readable only by you. Let the service's user own it.")
        }
    }
}
