import Identity
import Storage
import Vocabulary

/// What the events of a login hold, as the journal's law has it: ids, keyed digests and closed words.
extension LoginService {
    func facts(of grant: SessionGrant, _ work: LoginWork) throws -> [Fact] {
        var facts = common(work)
        facts.append(Fact("person", .id(grant.person, "person")))
        facts.append(Fact("factors", .list(grant.events.map { .word($0.method.rawValue) })))
        facts.append(Fact("acr", .word(grant.strength.acr)))
        if !grant.anomalies.isEmpty {
            facts.append(Fact("anomalies", .list(grant.anomalies.map { .word($0.rawValue) })))
        }
        if let standing = work.standing {
            facts.append(Fact("groups", Self.list(standing.groups, "group")))
            facts.append(Fact("mappings", Self.list(standing.mappings, "mapping")))
            facts.append(Fact("roles", Self.list(standing.roles, "role")))
        }
        if let source = try sourceDigest(work.browser) { facts.append(Fact("source", .digest(source))) }
        return facts
    }

    func facts(of refusal: LoginRefusal, _ work: LoginWork) -> [Fact] {
        var facts = common(work)
        facts.append(Fact("code", .word(refusal.rawValue)))
        facts.append(Fact("step", .word(Self.word(of: work.flow.step))))
        if let reason = work.upstreamReason { facts.append(Fact("upstream_reason", .word(reason))) }
        if let link = work.linkRefusal { facts.append(Fact("link_refusal", .word(link.rawValue))) }
        if let person = work.flow.subject ?? work.candidate { facts.append(Fact("person", .id(person, "person"))) }
        return facts
    }

    /// The digest of a login that names nobody; a known person's id says more.
    func loginDigest(_ work: LoginWork) throws -> [UInt8]? {
        guard work.flow.subject == nil, work.candidate == nil, !work.login.isEmpty else { return nil }
        return try digest("name", NameKey.of(work.login), work.caller.tenant)
    }

    /// Slips of the pen and of the network are not failures of a login.
    static func isJournalled(_ refusal: LoginRefusal) -> Bool {
        switch refusal {
        case .malformedLogin, .unknownProvider, .outOfStep, .cancelled, .staleProof: false
        default: true
        }
    }

    private func common(_ work: LoginWork) -> [Fact] {
        var facts = [Fact("configuration", .digest(Array(environment.configurationDigest().prefix(64))))]
        facts += work.ruling?.facts ?? []
        if let origin = work.browser.origin { facts.append(Fact("client", .word(origin.rawValue))) }
        if let provider = work.flow.provider { facts.append(Fact("provider", .id(provider, "provider"))) }
        if let key = work.upstreamKey { facts.append(Fact("subject_key", .digest(key))) }
        if let application = work.flow.request.application {
            facts.append(Fact("application", .id(application, "application")))
        }
        return facts
    }

    // The journal's limit of a list; more is cut and shows by the length.
    private static func list<Kind>(_ ids: [Identifier<Kind>], _ kind: String) -> FactValue {
        .list(ids.prefix(4_096).map { .id($0, kind) })
    }

    private static func word(of step: LoginStep) -> String {
        switch step {
        case .secondFactor: "second_factor"
        case .passwordChange: "password_change"
        case .identify, .password, .upstream, .invitation, .enrolment, .completed, .ended: step.rawValue
        }
    }
}
