import ArgumentParser
import Fetch
import Vocabulary

/// What `decide --reserve` held back under limits.
struct ReservationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reservation", abstract: "What was held back under limits by `decide --reserve`.",
        subcommands: [Commit.self, Release.self])

    struct Commit: DoCommand {
        static let configuration = CommandConfiguration(abstract: "Says that it was carried out: it counts for good.")
        @Argument(help: "Its id, which is the decision's.") var reservation: String
        @OptionGroup var options: APIOptions

        var path: String { api("reservations", reservation, "commit") }
        func sentence(_ answer: AttributeValue) -> String { "Committed." }
    }

    struct Release: DoCommand {
        static let configuration = CommandConfiguration(abstract: "Says that it was not: the amount is free again.")
        @Argument(help: "Its id, which is the decision's.") var reservation: String
        @OptionGroup var options: APIOptions

        var path: String { api("reservations", reservation, "release") }
        func sentence(_ answer: AttributeValue) -> String { "Released." }
    }
}
