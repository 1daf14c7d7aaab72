import Identity
import Storage
import Vocabulary

/// On whose behalf a command runs: the authenticated actor, the tenant it acts in, and the command's id.
public struct Caller: Sendable {
    public var tenant: TenantID
    public var actor: Actor
    /// Nil for the operating system's administrator and for the gateway itself, who are not judged by roles.
    public var principal: Principal?
    /// Chosen by the caller so that repeating it has one effect; made here otherwise.
    public var command: CommandID
    /// W3C trace id of the request.
    public var trace: String?

    public init(
        tenant: TenantID, actor: Actor, principal: Principal? = nil, command: CommandID, trace: String? = nil
    ) {
        self.tenant = tenant
        self.actor = actor
        self.principal = principal
        self.command = command
        self.trace = trace
    }

    var context: EventContext {
        EventContext(
            tenant: tenant, actor: actor, onBehalfOf: principal?.subject, command: command, trace: trace)
    }

    func event(
        _ type: String, _ stream: Stream, facts: [Fact] = [], sections: [PersonalSection] = [],
        expectedVersion: Int64? = nil
    ) -> NewEvent {
        NewEvent(
            context: context, stream: stream, type: type, facts: facts, sections: sections,
            expectedVersion: expectedVersion)
    }
}
