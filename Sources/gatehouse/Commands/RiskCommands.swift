import ArgumentParser
import Fetch
import Vocabulary

struct RiskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "risk", abstract: "Risk scores, how they are counted, and how they went.",
        subcommands: [Score.self, Highest.self, Record.self, History.self, Settings.self, Configure.self])

    struct Score: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Counts somebody's risk, and says of what.")
        @OptionGroup var subject: SubjectOptions
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "risk", "scores") + subject.query }
    }

    struct Highest: ListCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists whoever has the highest scores, the highest first.")
        static let columns: KeyValuePairs = [
            "SCORE": "score", "LEVEL": "level", "KIND": "subject.type", "ID": "subject.id",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "risk", "highest") }
    }

    struct Record: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Counts somebody's risk and writes it into their history.")
        @OptionGroup var subject: SubjectOptions
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (.post, api("governance", "risk", "scores"), subject.body)
        }
        func sentence(_ answer: AttributeValue) -> String { "\(answer.cell("score")), \(answer.cell("level"))." }
    }

    struct History: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists somebody's recorded scores, oldest first.")
        static let columns: KeyValuePairs = ["AT": "recorded_at", "SCORE": "score", "LEVEL": "level"]
        @OptionGroup var subject: SubjectOptions
        @Option(help: "From this moment on; thirty days without it.") var since: String?
        @OptionGroup var options: APIOptions

        var path: String {
            api("governance", "risk", "history")
                + query(["person": subject.person, "service_account": subject.account, "since": since])
        }
    }

    struct Settings: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows the tenant's model and thresholds.")
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "risk", "settings") }
    }

    struct Configure: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Chooses a model and thresholds.",
            discussion: "`average` falls when harmless entitlements are added; `cumulative` never does.")
        @Option(help: "average or cumulative.") var model: String?
        @Option(help: "Up to which score it is low.") var low: Int?
        @Option(help: "Up to which score it is medium.") var medium: Int?
        @Option(help: "Up to which score it is high.") var high: Int?
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            var body = members(["model": model])
            for (name, bound) in [("low_max", low), ("medium_max", medium), ("high_max", high)] {
                if let bound { body[name] = .integer(Int64(bound)) }
            }
            return (.put, api("governance", "risk", "settings"), body)
        }
        func validate() throws {
            if request.2.isEmpty { throw ValidationError("Say what to choose, such as --model cumulative.") }
        }
        func sentence(_ answer: AttributeValue) -> String {
            "\(answer.cell("model")): \(answer.cell("low_max")), \(answer.cell("medium_max")),"
                + " \(answer.cell("high_max"))."
        }
    }
}
