import ArgumentParser
import Foundation
import Vocabulary

extension SAMLCommand.Application {
    /// Where an application's metadata are.
    struct MetadataOptions: ParsableArguments {
        @Option(name: .customLong("metadata"), help: "A file with its metadata; - is standard input.") var file: String?
        @Option(help: "An https address where they are, fetched again and again.") var metadataUrl: String?
        @Option(help: "A responder of the Metadata Query Protocol, at its base address.") var metadataQueryUrl: String?
        @Option(help: "A PEM file of whoever signs fetched metadata. May be repeated.") var metadataKey: [String] = []

        private var places: Int { [file, metadataUrl, metadataQueryUrl].compactMap(\.self).count }
        var isSaid: Bool { places > 0 }

        func validate() throws {
            guard places <= 1 else {
                throw ValidationError("One of --metadata, --metadata-url and --metadata-query-url is given.")
            }
            guard metadataKey.isEmpty || (isSaid && file == nil) else {
                throw ValidationError("--metadata-key goes with --metadata-url or --metadata-query-url.")
            }
        }

        /// - Throws: `CommandRefusal` for a file that cannot be read.
        func body() throws -> [String: AttributeValue] {
            var body = members(["metadata_url": metadataUrl, "metadata_query_url": metadataQueryUrl])
            if let file { body["metadata_xml"] = .string(String(decoding: try SAMLFiles.read(file), as: UTF8.self)) }
            if !metadataKey.isEmpty {
                body["metadata_keys"] = .list(
                    try metadataKey.map { .string(String(decoding: try SAMLFiles.read($0), as: UTF8.self)) })
            }
            return body
        }
    }

    /// What is settled beside them.
    struct SettingOptions: ParsableArguments {
        @Option(help: "What people are shown.") var title: String?
        @Option(help: "The name's format: persistent, transient, emailAddress, unspecified or a whole URN.")
        var nameIdFormat: String?
        @Option(help: "Where a name that is neither transient nor persistent comes from, such as mail or login.")
        var nameIdFrom: String?
        @Option(help: "when_possible, always or never.") var encryption: String?
        @Option(help: "What is asked of people who go there, such as https://refeds.org/profile/mfa.")
        var minimumContext: String?
        @Option(help: "What it is told beyond the tenant's rules, by our name, such as mail. May be repeated.")
        var attribute: [String] = []
        @Option(help: "A group of applications whose names it may ask for. May be repeated.") var affiliation:
            [String] = []
        @Option(help: "Where somebody who comes without its request may be sent on to. May be repeated.")
        var startTarget: [String] = []
        @Flag(inversion: .prefixedNo, help: "It gets no name at all: attributes say who it is.") var omitNameId: Bool?
        @Flag(inversion: .prefixedNo, help: "Answers are signed, which is usual.") var signResponse: Bool?
        @Flag(inversion: .prefixedNo, help: "Assertions are signed by themselves too.") var signAssertion: Bool?
        @Flag(inversion: .prefixedNo, help: "Its requests have to be signed, whatever its metadata say.")
        var requireSignedRequests: Bool?
        @Flag(inversion: .prefixedNo, help: "People may be sent there who did not come from there.")
        var allowUnsolicited: Bool?

        var body: [String: AttributeValue] {
            var body = members([
                "title": title, "name_id_format": nameIdFormat, "name_id_from": nameIdFrom, "encryption": encryption,
                "minimum_context": minimumContext,
            ])
            for (name, values) in [
                ("attributes", attribute), ("affiliations", affiliation), ("start_targets", startTarget),
            ] where !values.isEmpty {
                body[name] = .list(values.filter { !$0.isEmpty }.map(AttributeValue.string))
            }
            for (name, value) in [
                ("omit_name_id", omitNameId), ("sign_response", signResponse), ("sign_assertion", signAssertion),
                ("require_signed_requests", requireSignedRequests), ("allow_unsolicited", allowUnsolicited),
            ] {
                if let value { body[name] = .bool(value) }
            }
            return body
        }
    }
}
