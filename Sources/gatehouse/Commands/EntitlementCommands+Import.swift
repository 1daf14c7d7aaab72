import ArgumentParser
import Fetch
import Foundation
import HTTPAPI
import Vocabulary

extension EntitlementCommand {
    struct Import: APICommand {
        static let configuration = CommandConfiguration(
            commandName: "import", abstract: "Gives many entitlements at once, judged as a whole.",
            discussion: """
                FILE is CSV with a header of person or service_account, entitlement_id or application and entitlement, \
                expires_at, justification. Rows that conflict are held back and named; the rest is given.
                """)
        @Argument(help: "The file, at most 4 MiB.") var file: String
        @Flag(help: "Only say what would come of each row; change nothing.") var dryRun = false
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(
                .post, api("governance", "assignments", "import"),
                ["csv": .string(try TableFile.read(file)), "dry_run": .bool(dryRun)])
            var table = Table(["ROW", "STATE", "ASSIGNMENT", "DETAIL"])
            for row in answer["rows"]?.list ?? [] {
                table.add([row.cell("row"), row.cell("state"), row.cell("assignment_id"), row.cell("detail")])
            }
            let sentence =
                "\(answer.cell("assigned")) \(dryRun ? "could be given" : "given"), \(answer.cell("held")) held."
            return APIAnswer(answer, table.text + "\n" + sentence)
        }
    }
}

/// A table that a command is given as a file.
enum TableFile {
    private static let sizeLimit = 4 << 20

    static func read(_ file: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CommandRefusal("The file \(file) cannot be read.")
        }
        guard data.count <= sizeLimit else { throw CommandRefusal("\(file) is larger than 4 MiB. Split it.") }
        guard let text = String(bytes: data, encoding: .utf8), !text.isEmpty else {
            throw CommandRefusal("\(file) is empty, or no UTF-8.")
        }
        return text
    }
}
