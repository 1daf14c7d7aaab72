import Authorization
import Governance
import Identity
import Storage
import Vocabulary

/// What governed rules have to say of signing in and of sessions, decided in memory: nothing is written for it, and a
/// tenant without such a rule is asked nothing. The versions that decided are in the event of the login.
struct SessionRules: Sendable {
    let resolver: SubjectResolver
    let meter: PolicyMeter

    /// What is known of a sign-in before the second factor.
    struct SignIn: Sendable {
        let person: PersonID
        let anomalies: [LoginAnomaly]
        let context: [String: AttributeValue]
    }

    /// What a sign-in comes to; nil where no rule is about it.
    func ruling(of signIn: SignIn, in tenant: TenantID) async throws -> SessionRuling? {
        func ask(_ strength: AuthenticationStrength) async throws -> SessionRuling? {
            let proof = RequestAuthentication(
                strength: strength, authenticatedAt: resolver.clock(), anomalies: signIn.anomalies)
            return try await ruling(.signIn, signIn.person, proof, signIn.context, in: tenant)
        }
        guard let weak = try await ask(.aal1) else { return nil }
        return weak.demand == nil ? weak : try await ask(.aal2).map(weak.after)
    }

    /// What becomes of a session that somebody uses; nil where no rule is about it.
    func ruling(of session: Session) async throws -> SessionRuling? {
        let now = resolver.clock()
        let proof = RequestAuthentication(
            strength: session.strength, authenticatedAt: session.authenticatedAt, anomalies: session.anomalies)
        // A session that is strengthened is a new one with the old proofs: its age is that of the first.
        var context: [String: AttributeValue] = [
            "age": Self.seconds(now - (session.events.first?.at ?? session.createdAt)),
            "idle": Self.seconds(now - session.lastSeenAt),
            "second_factor": .bool(session.strength >= .aal2),
        ]
        context["authentication_age"] = session.authenticatedAt.map { Self.seconds(now - $0) }
        return try await ruling(.keep, session.person, proof, context, in: session.tenant)
    }

    private static func seconds(_ duration: Duration) -> AttributeValue {
        .integer(duration.components.seconds)
    }

    private func ruling(
        _ question: SessionQuestion, _ person: PersonID, _ proof: RequestAuthentication,
        _ context: [String: AttributeValue], in tenant: TenantID
    ) async throws -> SessionRuling? {
        var isSecond = false
        while true {
            guard let book = try await resolver.table.snapshot(of: tenant).book, book.answers(question) else {
                return nil
            }
            // All roles count, those held back before a second factor too: they say what is asked, and permit nothing.
            guard let resolved = try await resolver.resolve(.person(person), in: tenant, isStrong: true),
                let governed = resolved.governed
            else { return .unknown }
            let now = resolver.clock()
            let request = try DecisionRequest(
                action: question.rawValue, resourceType: SessionQuestion.resourceType, resourceID: person.description,
                context: Attributes(context), authentication: proof)
            let inquiry = RuleInquiry(
                request, context: context, subject: .person(person), place: governed.place, roles: governed.roles)
            let decision = book.decision(inquiry, standing: governed.standing, now: now)
            if decision.reason == .staleFacts, !isSecond {
                isSecond = true
                resolver.cache.forget(.person(person), in: tenant)
                continue
            }
            if decision.rule != nil { meter.note(decision, DecisionID.random(at: now), in: tenant, at: now) }
            return SessionRuling(decision)
        }
    }
}

extension SessionRuling {
    /// Which versions of which policies decided, and what lifted others, as the journal's law has it.
    var facts: [Fact] {
        var facts: [Fact] = []
        if !rules.isEmpty {
            facts.append(Fact("policies", .list(rules.map { .id($0.policy, "policy") })))
            facts.append(Fact("policy_versions", .list(rules.map { .integer($0.version) })))
            facts.append(Fact("rules", .list(rules.map { .id($0.rule, "rule") })))
        }
        if !exemptions.isEmpty {
            facts.append(Fact("exemptions", .list(exemptions.map { .id($0, "exemption") })))
        }
        return facts
    }
}

/// What becomes of a session whose cookie is shown.
public enum SessionVerdict: Sendable, Hashable {
    /// It goes on.
    case kept
    /// It goes on once this has been proven.
    case stepUp(AuthenticationRequirement)
    /// A rule does not let it go on: it has been ended.
    case over
}

extension Gateway {
    var sessionRules: SessionRules { SessionRules(resolver: resolver, meter: policyMeter) }

    /// Whether rules let a live session go on; ends one that they do not. Errors throw, and let nobody go on.
    public func verdict(on session: Session, trace: String? = nil) async throws -> SessionVerdict {
        guard let ruling = try await sessionRules.ruling(of: session) else { return .kept }
        if ruling.isRefused {
            let caller = Caller(
                tenant: session.tenant, actor: .person(session.person), command: CommandID.random(at: clock()),
                trace: trace)
            _ = try await sessions.end(session.id, .rule, by: caller, facts: ruling.facts)
            return .over
        }
        guard let demand = ruling.demand else { return .kept }
        return .stepUp(AuthenticationRequirement(strength: demand.strength, maxAgeSeconds: demand.maxAgeSeconds))
    }
}
