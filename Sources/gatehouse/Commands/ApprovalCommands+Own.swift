import ArgumentParser
import Fetch
import Vocabulary

extension ApprovalCommand {
    struct Inbox: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists what waits for the word of whoever has the key.")
        @OptionGroup var speaker: SpeakerOptions
        @OptionGroup var options: APIOptions

        func run() async throws {
            let key = try speaker.key()
            try await options.withGateway(speakingFor: key) { try await perform($0) }.show(options)
        }

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            APIAnswer(try await client.all(api("governance", "approval-inbox")), columns: List.columns)
        }
    }

    struct Review: SpokenCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reviews what somebody let through alone in an emergency.")
        @Argument(help: "The approval's id.") var approval: String
        @Option(help: "What the review came to.") var comment: String
        @OptionGroup var speaker: SpeakerOptions
        @OptionGroup var options: APIOptions

        var word: (String, [String: AttributeValue]) { ("review", members(["comment": comment])) }
    }

    struct Escalate: SpokenCommand {
        static let configuration = CommandConfiguration(abstract: "Hands an approval to those it is escalated to, now.")
        @Argument(help: "The approval's id.") var approval: String
        @OptionGroup var speaker: SpeakerOptions
        @OptionGroup var options: APIOptions

        var word: (String, [String: AttributeValue]) { ("escalate", [:]) }
    }

    struct Cancel: SpokenCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withdraws a request, in the name of whoever asked and has the key.")
        @Argument(help: "The approval's id.") var approval: String
        @OptionGroup var speaker: SpeakerOptions
        @OptionGroup var options: APIOptions

        var word: (String, [String: AttributeValue]) { ("cancel", [:]) }
    }
}
