import ArgumentParser
import Fetch
import Vocabulary

extension NATSCommand {
    struct Status: ShowCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows how it stands with commands and events over NATS.",
            discussion: "`lag` is how many positions of the journal the stream is behind.")
        @OptionGroup var options: APIOptions

        var path: String { api("nats", "messaging") }
    }

    struct Compare: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Folds everything governed from the stream alone and holds it against the journal.",
            discussion: "Ends with 1 when they are not the same, byte for byte.")
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(.post, api("nats", "messaging", "comparison"))
            guard answer["is_same"]?.bool == true else {
                let lines = ["differing", "incomplete", "contradicted"].flatMap { word in
                    (answer[word]?.list ?? []).prefix(20).map { "\(word): \($0.string ?? "")" }
                }
                throw CommandRefusal(
                    "The stream does not fold to the journal's state.\n" + lines.joined(separator: "\n"))
            }
            return APIAnswer(
                answer,
                """
                \(answer.cell("messages")) messages fold to the journal's state at position \(answer.cell("position")): \
                \(answer.cell("same")) things, byte for byte.
                """)
        }
    }
}
