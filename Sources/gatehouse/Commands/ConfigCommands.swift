import ArgumentParser
import Gateway
import HTTPAPI
import Vocabulary

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "The configuration file.", subcommands: [Check.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks a configuration and everything it names, and starts nothing.",
            discussion: """
                The file, its keys and secrets, certificates and authorities, password lists, policies, and the settings \
                of each directory. No store is opened and no server asked: `gatehouse doctor` does that. All faults are \
                told at once.
                """)
        @OptionGroup var location: ConfigurationOption
        @Flag(help: "Print the findings as JSON.") var json = false

        func run() async throws {
            let read = try ConfigurationLoader.examine(file: location.path)
            let configuration = read.configuration
            var findings = read.faults.map {
                Doctor.Finding(subject: "configuration", isGood: false, detail: "\($0)")
            }
            if findings.isEmpty {
                findings.append(
                    Doctor.Finding(subject: "configuration", isGood: true, detail: "\(location.path) has no faults"))
            }
            findings += Doctor(configuration, logger: configuration.quietLogger)
                .examineConfiguration(isSound: read.faults.isEmpty)
            findings += ListenerDoctor(configuration, now: SystemClock.now()).examine()
            try findings.tell(asJSON: json)
        }
    }
}
