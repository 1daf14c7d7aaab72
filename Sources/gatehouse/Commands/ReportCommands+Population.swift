import ArgumentParser
import Gateway
import HTTPAPI
import Vocabulary

extension ReportCommand {
    /// `report population`: the lists that auditors draw their samples from, in full.
    struct ReportPopulation: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "population",
            abstract: "Prints who came, who left, whose access changed, or who held privileged access.")

        /// How a list is printed.
        enum Format: String, ExpressibleByArgument, CaseIterable { case csv, json }

        @Argument(help: "joiners, leavers, changes or privileged.") var population: Population
        @Option(help: "From this RFC 3339 time or position of the journal on.") var from: String?
        @Option(help: "Up to this RFC 3339 time or position.") var to: String?
        @Option(help: "csv or json.") var format = Format.csv
        @OptionGroup var options: APIOptions

        func run() async throws {
            let path = api("populations", population.rawValue)
            try await options.withGateway { client in
                switch format {
                case .csv:
                    try await client.text(path + query(["from": from, "to": to, "format": "csv"])) { Console.raw($0) }
                case .json: Console.line(CanonicalJSON.encode(.list(try await rows(client, path))))
                }
            }
        }

        private func rows(_ client: ControlClient, _ path: String) async throws -> [AttributeValue] {
            try await client.all(path + query(["from": from, "to": to]))
        }
    }
}

extension Population: ExpressibleByArgument {}
