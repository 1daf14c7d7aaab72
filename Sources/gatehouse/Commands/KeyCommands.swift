import ArgumentParser
import Fetch
import Foundation
import Gateway
import Vocabulary

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Keys of the key ring.", subcommands: [Rotate.self, Recover.self])

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

    struct Rotate: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a new key active for a purpose; what the old one sealed still opens.")
        @Argument(help: "One of \(RotatableKey.allCases.map(\.rawValue).joined(separator: ", ")).") var purpose: String
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard RotatableKey(rawValue: purpose) != nil else {
                throw ValidationError("`\(purpose)` is not a purpose.")
            }
        }

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            try await client.call(.post, "/api/v1/keys/\(purpose)/rotate")
            return APIAnswer(["rotated": .string(purpose)], "A new key is active for \(purpose).")
        }
    }
}
