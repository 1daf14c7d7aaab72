import Foundation
import NKeys
import Vocabulary

/// What a user of NATS may do, in the terms of those who administer it.
public struct NATSUserSettings: Sendable, Hashable {
    /// Domains that it speaks for: it publishes and hears their subjects.
    public var domains: [String] = []
    /// Domains that it hears.
    public var relatedDomains: [String] = []
    /// Subjects beside those of the domains.
    public var publish: [String] = []
    public var subscribe: [String] = []
    /// Whether it may answer whoever asks it something.
    public var allowsResponses = true
    /// Bytes of a message.
    public var maxPayload: Int64 = Self.usualPayload
    /// Streams of JetStream, and what it may do with each.
    public var streams: [StreamAccess] = []
    /// Policy commands that it may ask for in its person's name; `*` for all of them.
    public var policyCommands: [String] = []
    /// Whether it is as whom the gateway answers policy commands and tells events.
    public var runsPolicyService = false
    /// Networks that it may come from; none named means from anywhere.
    public var sources: [String] = []
    /// When it may be connected, every day; none named means always.
    public var times: [ClockRange] = []
    /// The IANA name of the zone of `times`.
    public var timeZone: String?

    /// What may be done with a stream.
    public struct StreamAccess: Sendable, Hashable {
        public let name: String
        public let access: Access

        /// From the least to the most.
        public enum Access: String, Sendable, CaseIterable {
            /// Reading it, by consumers of one's own.
            case read
            /// Making and changing it as well; neither purging nor deleting it.
            case manage
        }
    }

    static let usualPayload: Int64 = 1_048_576

    init() {}

    init(_ members: inout NATSMembers) throws {
        domains = try members.texts("domains") ?? []
        relatedDomains = try members.texts("related_domains") ?? []
        publish = try members.texts("publish") ?? []
        subscribe = try members.texts("subscribe") ?? []
        allowsResponses = try members.bool("allow_responses") ?? true
        maxPayload = try members.integer("max_payload", -1...Int64(Int32.max)) ?? Self.usualPayload
        streams = try (members.objects("streams") ?? []).map(Self.stream)
        policyCommands = try members.texts("policy_commands") ?? []
        runsPolicyService = try members.bool("policy_service") ?? false
        sources = try members.texts("sources") ?? []
        times = try (members.objects("times") ?? []).map(Self.range)
        timeZone = try members.text("time_zone")
        try check()
    }

    private static func stream(_ members: NATSMembers) throws -> StreamAccess {
        var members = members
        let name = try members.required("name")
        try NATSNames.check(name, "streams.name")
        let word = try members.text("access") ?? StreamAccess.Access.read.rawValue
        guard let access = StreamAccess.Access(rawValue: word) else {
            throw members.fault("access", "is neither read nor manage")
        }
        try members.finish()
        return StreamAccess(name: name, access: access)
    }

    private static func range(_ members: NATSMembers) throws -> ClockRange {
        var members = members
        let (start, end) = (try members.required("start"), try members.required("end"))
        try members.finish()
        return try NATSNames.known { try ClockRange(start, end) }
    }

    private func check() throws {
        for domain in domains + relatedDomains { try NATSNames.check(domain, "domains") }
        for command in policyCommands where command != "*" { try NATSNames.check(command, "policy_commands") }
        for subject in publish { try NATSNames.checkSubject(subject, "publish") }
        for subject in subscribe { try NATSNames.checkSubject(subject, "subscribe") }
        guard times.isEmpty || timeZone != nil else {
            throw Fault(
                "nats.malformed", .caller, "`time_zone` is missing beside `times`.",
                remedy: "Name one of the IANA's: Europe/Berlin.")
        }
        guard timeZone.map({ TimeZone(identifier: $0) != nil }) ?? true else {
            throw Fault(
                "nats.malformed", .caller, "`time_zone` is no zone that is known here.",
                remedy: "Name one of the IANA's: Europe/Berlin.")
        }
        // The rest of it (networks, times) is judged where the claims are.
        let rights = NATSPermissions.rights(
            self, roles: [], of: NATSOperatorSettings(subjectPrefix: ""), key: "U" + String(repeating: "A", count: 55))
        if let fault = rights.faults().first(where: { $0.severity == .blocking }) { throw NATSNames.fault(fault) }
    }

    /// By the names of the API.
    public var json: AttributeValue {
        func list(_ texts: [String]) -> AttributeValue { .list(texts.map(AttributeValue.string)) }
        var members: [String: AttributeValue] = [
            "domains": list(domains), "related_domains": list(relatedDomains), "publish": list(publish),
            "subscribe": list(subscribe), "allow_responses": .bool(allowsResponses),
            "max_payload": .integer(maxPayload), "policy_commands": list(policyCommands),
            "policy_service": .bool(runsPolicyService), "sources": list(sources),
            "streams": .list(streams.map { ["name": .string($0.name), "access": .string($0.access.rawValue)] }),
            "times": .list(times.map { ["start": .string($0.startText), "end": .string($0.endText)] }),
        ]
        members["time_zone"] = timeZone.map(AttributeValue.string)
        return .object(members)
    }
}
