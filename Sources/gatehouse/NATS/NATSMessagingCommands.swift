import ArgumentParser
import Fetch
import Vocabulary

extension NATSCommand {
    struct Status: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows how it stands with commands and events over NATS.",
            discussion: "How far the stream is behind is in positions of the journal.")
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(.get, api("nats", "messaging"))
            return APIAnswer(answer, Self.lines(answer).joined(separator: "\n"))
        }

        private static func lines(_ answer: AttributeValue) -> [String] {
            let place = answer["server"].map { _ in ", " + answer.cell("server") } ?? ""
            let isThere = answer["state"] == "connected"
            var lines = ["connection  " + answer.cell("state") + place]
            if let trouble = answer["trouble"]?.string, !isThere { lines.append("            \(trouble)") }
            if let counts = answer["commands"] {
                lines.append(
                    "commands    \(counts.cell("answered")) answered, \(counts.cell("running")) running, "
                        + "\(counts.cell("busy")) refused for too many, \(counts.cell("failed")) failed")
            }
            guard let events = answer["events"] else { return lines }
            lines.append(
                "events      \(events.cell("state")), told to position \(events.cell("position")), "
                    + "\(answer.cell("lag")) behind")
            for difference in events["differences"]?.list ?? [] {
                lines.append("            the stream's \(difference.string ?? "")")
            }
            return lines
        }
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
