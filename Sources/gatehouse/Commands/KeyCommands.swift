import ArgumentParser
import Fetch
import Gateway
import Vocabulary

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Keys of the key ring.", subcommands: [Rotate.self])

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
