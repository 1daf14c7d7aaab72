import ArgumentParser
import Fetch
import Foundation
import Vocabulary

extension SAMLCommand {
    struct Application: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "application", abstract: "Applications that people sign in to by SAML 2.0.",
            subcommands: [
                Add.self, List.self, Show.self, Preview.self, Change.self, Disable.self, Enable.self, Remove.self,
            ])
    }
}

extension SAMLCommand.Application {
    struct Add: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds an application by its metadata, and prints what to paste into it.",
            discussion: """
                Its metadata are a file that it hands out (--metadata), an address (--metadata-url), or what a responder \
                knows of it (--metadata-query-url with --entity-id).
                """)
        @OptionGroup(title: "Metadata") var metadata: MetadataOptions
        @Option(help: "What it calls itself; needed where its metadata tell of several.") var entityId: String?
        @OptionGroup(title: "Settings") var settings: SettingOptions
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard metadata.isSaid else {
                throw ValidationError(
                    "Say where its metadata are: --metadata FILE, --metadata-url or --metadata-query-url.")
            }
        }

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            var body = try metadata.body().merging(settings.body) { $1 }
            if let entityId { body["entity_id"] = .string(entityId) }
            let answer = try await client.call(.post, api("saml", "applications"), .object(body))
            return APIAnswer(answer, Self.sentence(answer))
        }

        static func sentence(_ answer: AttributeValue) -> String {
            let connect = answer["connect"]
            func value(_ name: String) -> String { connect?[name]?.string ?? "" }
            var lines = [
                "Added \(answer["entity_id"]?.string ?? ""). Paste into the application:",
                "  entity id      \(value("entity_id"))", "  metadata       \(value("metadata_url"))",
                "  sign-on (SSO)  \(value("sso_url"))",
            ]
            if let certificate = connect?["certificate"]?.string {
                lines += ["  certificate", certificate]
            } else {
                lines.append("  certificate    none yet: name a key in `saml.keys`, or nobody can sign in to it")
            }
            return lines.joined(separator: "\n")
        }
    }

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists applications that speak SAML.")
        static let columns: KeyValuePairs = [
            "ENTITY ID": "entity_id", "TITLE": "title", "DISABLED": "disabled", "MANAGED BY": "managed_by",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("saml", "applications") }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows an application, its metadata as they are now, and what to paste into it.")
        @Argument(help: "Its entity id, or its id.") var application: String
        @OptionGroup var options: APIOptions

        var path: String { api("saml", "applications", application) }

        /// What stands inside others, beside them.
        func shown(_ answer: AttributeValue) -> AttributeValue {
            var members: [String: AttributeValue] = [:]
            for (name, value) in answer.object ?? [:] {
                guard let inner = value.object else {
                    members[name] = value
                    continue
                }
                for (part, value) in inner { members["\(name).\(part)"] = Self.flat(value) }
            }
            return .object(members)
        }

        private static func flat(_ value: AttributeValue) -> AttributeValue {
            // A certificate's lines, which a cell would run together.
            if let lines = value.string?.split(separator: "\n"), lines.count > 1 {
                return .list(lines.map { .string(String($0)) })
            }
            guard let list = value.list else { return value }
            return .list(
                list.map { item in
                    guard let members = item.object else { return item }
                    return .string(members.sorted { $0.key < $1.key }.map(\.value.cell).joined(separator: " "))
                })
        }
    }

    struct Preview: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what an application would be told of a person, and why.")
        @Argument(help: "Its entity id, or its id.") var application: String
        @Argument(help: "Their login.") var person: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let path = api("saml", "applications", application, "preview") + query(["person": person])
            let answer = try await client.call(.get, path)
            return APIAnswer(answer, Self.text(answer, person))
        }

        static func text(_ answer: AttributeValue, _ person: String) -> String {
            func words(_ value: AttributeValue?) -> String {
                (value?.list ?? []).compactMap(\.string).joined(separator: ", ")
            }
            var lines: [String] = []
            if answer["may_enter"]?.bool == true {
                lines.append("\(person) may enter.")
            } else {
                lines.append("\(person) may not enter: \(words(answer["reasons"])).")
            }
            lines.append("Name: " + (answer["name_id_format"]?.string ?? "none"))
            if let fault = answer["name_id_fault"]?.string { lines.append("No name can be given: \(fault).") }
            var table = Table(["ATTRIBUTE", "VALUES", "RELEASED BY", "WITHHELD BY"])
            for attribute in answer["attributes"]?.list ?? [] {
                table.add([
                    attribute["name"]?.string ?? attribute["saml_name"]?.string ?? "", words(attribute["values"]),
                    words(attribute["released_by"]), words(attribute["withheld_by"]),
                ])
            }
            lines.append(table.text)
            let missing = words(answer["missing"])
            if !missing.isEmpty { lines.append("It needs and is not told: \(missing)") }
            return lines.joined(separator: "\n")
        }
    }

    struct Change: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes what is settled for an application.",
            discussion: """
                An empty text removes a value, and one empty text a list. Saying where the metadata are reads them anew \
                and takes keys that have changed.
                """)
        @Argument(help: "Its entity id, or its id.") var application: String
        @OptionGroup(title: "Metadata") var metadata: MetadataOptions
        @OptionGroup(title: "Settings") var settings: SettingOptions
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard metadata.isSaid || !settings.body.isEmpty else { throw ValidationError("Say what to change.") }
        }

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let path = api("saml", "applications", application)
            let body = try metadata.body().merging(settings.body) { $1 }
            let version = try await client.call(.get, path)["version"]?.integer.map { "\"v\($0)\"" }
            let answer = try await client.call(.patch, path, .object(body), ifMatch: version)
            return APIAnswer(answer, "Changed \(application).")
        }
    }

    struct Disable: DoCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switches an application off: nobody signs in to it.")
        @Argument(help: "Its entity id, or its id.") var application: String
        @OptionGroup var options: APIOptions

        var path: String { api("saml", "applications", application, "disable") }
        func sentence(_ answer: AttributeValue) -> String { "Disabled \(application)." }
    }

    struct Enable: DoCommand {
        static let configuration = CommandConfiguration(abstract: "Switches an application on again.")
        @Argument(help: "Its entity id, or its id.") var application: String
        @OptionGroup var options: APIOptions

        var path: String { api("saml", "applications", application, "enable") }
        func sentence(_ answer: AttributeValue) -> String { "Enabled \(application)." }
    }

    struct Remove: RemoveCommand {
        static let configuration = CommandConfiguration(abstract: "Takes an application away.")
        @Argument(help: "Its entity id, or its id.") var application: String
        @OptionGroup var options: APIOptions

        var path: String { api("saml", "applications", application) }
        func sentence(_ answer: AttributeValue) -> String { "Removed \(application)." }
    }
}
