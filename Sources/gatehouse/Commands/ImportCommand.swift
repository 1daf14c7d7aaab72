import ArgumentParser
import Fetch
import Foundation
import HTTPAPI
import Vocabulary

extension UserCommand {
    struct Import: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Imports people with the password hashes they had elsewhere.",
            discussion: """
                FILE holds a JSON list, or one JSON object a line, with the members login (required), display_name, \
                given_name, family_name, mail, department, organization_unit, manager, attributes, password_hash \
                (bcrypt, PBKDF2, argon2, scrypt, crypt or {SSHA}) and must_change. A refused row keeps no other out. \
                Each hash is replaced by our own at the person's first sign-in.
                """)
        @Argument(help: "The file, at most 64 MiB.") var file: String
        @Flag(help: "Only say what would come of each row; change nothing.") var dryRun = false
        @OptionGroup var options: APIOptions

        private static let batch = 500
        private static let sizeLimit = 64 << 20

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let people = try Self.read(file)
            var rows: [AttributeValue] = []
            for start in stride(from: 0, to: people.count, by: Self.batch) {
                let part = Array(people[start..<min(start + Self.batch, people.count)])
                let report = try await client.call(
                    .post, api("people", "import"), ["people": .list(part), "dry_run": .bool(dryRun)])
                rows += (report["rows"]?.list ?? []).map { Self.numbered($0, from: start) }
            }
            let answer = Self.answer(rows, people, isDryRun: dryRun)
            let refused = rows.count { $0["state"] == "refused" }
            guard refused == 0 else {
                Console.line(options.json ? CanonicalJSON.encode(answer.json) : answer.text)
                throw CommandRefusal("\(refused) of \(rows.count) rows were refused; the others were not held back.")
            }
            return answer
        }

        private static func read(_ file: String) throws -> [AttributeValue] {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw CommandRefusal("The file \(file) cannot be read.")
            }
            guard data.count <= sizeLimit else { throw CommandRefusal("\(file) is larger than 64 MiB. Split it.") }
            let bytes = [UInt8](data)
            let isList = bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "[")
            let people = try isList ? list(bytes, file) : lines(bytes, file)
            guard !people.isEmpty else { throw CommandRefusal("\(file) names nobody.") }
            return people
        }

        private static func list(_ bytes: [UInt8], _ file: String) throws -> [AttributeValue] {
            do { return try StrictJSON.parse(bytes).list ?? [] } catch let failure as StrictJSON.Failure {
                throw CommandRefusal("\(file) is not JSON: \(failure).")
            }
        }

        private static func lines(_ bytes: [UInt8], _ file: String) throws -> [AttributeValue] {
            try bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated().compactMap { number, line in
                guard line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { return nil }
                do { return try StrictJSON.parse(Array(line)) } catch let failure as StrictJSON.Failure {
                    throw CommandRefusal("\(file), line \(number + 1), is not JSON: \(failure).")
                }
            }
        }

        private static func numbered(_ row: AttributeValue, from start: Int) -> AttributeValue {
            var members = row.object ?? [:]
            members["row"] = .integer((row["row"]?.integer ?? 0) + Int64(start))
            return .object(members)
        }

        private static func answer(
            _ rows: [AttributeValue], _ people: [AttributeValue], isDryRun: Bool
        ) -> APIAnswer {
            var table = Table(["ROW", "LOGIN", "STATE", "HASH", "DETAIL"])
            for row in rows {
                let login = people[Int(row["row"]?.integer ?? 1) - 1].cell("login")
                table.add([row.cell("row"), login, row.cell("state"), row.cell("hash"), row.cell("detail")])
            }
            let accepted = rows.count { $0["state"] != "refused" }
            let sentence = "\(accepted) of \(rows.count) \(isDryRun ? "could be imported" : "imported")."
            let json: AttributeValue = [
                "dry_run": .bool(isDryRun), "accepted": .integer(Int64(accepted)),
                "refused": .integer(Int64(rows.count - accepted)), "rows": .list(rows),
            ]
            return APIAnswer(json, table.text + "\n" + sentence)
        }
    }
}
