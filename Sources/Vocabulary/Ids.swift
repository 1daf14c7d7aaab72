// One nominal type per kind of thing: the phantom parameter of `Identifier` keeps them apart.

/// What ids are ids of: each is a type without values, so that a `PersonID` cannot be given where a `RoleID` is due.
public enum IDKind {
    /// One organization, with people, roles, policies and a journal of its own.
    public enum Tenant {}
    /// A human being of one tenant.
    public enum Person {}
    /// A program that acts in its own name.
    public enum ServiceAccount {}
    /// A group of people, ours or a directory's.
    public enum Group {}
    /// A named set of permissions.
    public enum Role {}
    /// A rule that turns an upstream group or attribute into a role.
    public enum Mapping {}
    /// A role given to one subject by hand.
    public enum Assignment {}
    /// A way to authenticate: a directory, a local password.
    public enum Provider {}
    /// Something protected, with a host and an audience.
    public enum Application {}
    /// A place in the tenant's tree.
    public enum OrganizationUnit {}
    /// A stored policy document.
    public enum Policy {}
    /// A person's account at a provider, linked to them.
    public enum Identity {}
    /// A password, TOTP secret or set of recovery codes.
    public enum Credential {}
    /// One login, from its first page to its last step.
    public enum Flow {}
    /// A set-up, invitation or reset link that works once.
    public enum Link {}
    /// A browser that has signed in before.
    public enum Device {}
    /// A person's session at the gateway.
    public enum Session {}
    /// A session at one application, under a gateway session.
    public enum ApplicationSession {}
    /// A service account's key.
    public enum APIKey {}
    /// One run of a directory job.
    public enum SyncRun {}
    /// One entry of the journal.
    public enum Event {}
    /// One request to change something; all its events carry it.
    public enum Command {}
    /// One recorded decision.
    public enum Decision {}
    /// One key of the key ring.
    public enum Key {}
    /// An application or service that asks for tokens (RFC 6749 §1.1).
    public enum Client {}
    /// An application that has people signed in here by SAML 2.0.
    public enum SAMLApplication {}
    /// An operator, an account or a user of NATS.
    public enum NATSEntity {}
    /// What a client was granted; its codes and tokens hang on it.
    public enum AuthorizationGrant {}
    /// The way by which one receiver hears of security events.
    public enum SignalStream {}
    /// One dated and signed judgement of a framework's controls.
    public enum Assessment {}
    /// One place that writes, for what has to tell writers apart.
    public enum Node {}
}

public typealias TenantID = Identifier<IDKind.Tenant>
/// A human being known to one tenant.
public typealias PersonID = Identifier<IDKind.Person>
/// A program known to one tenant; it authenticates by API key, never through the login pages.
public typealias ServiceAccountID = Identifier<IDKind.ServiceAccount>
public typealias GroupID = Identifier<IDKind.Group>
public typealias RoleID = Identifier<IDKind.Role>
/// A rule that turns an upstream group or attribute into a role.
public typealias MappingID = Identifier<IDKind.Mapping>
/// A role given to one person or service account directly.
public typealias AssignmentID = Identifier<IDKind.Assignment>
/// A configured source of identities (one LDAP directory, the local passwords …); distinct from its name.
public typealias ProviderID = Identifier<IDKind.Provider>
/// A protected application (relying party) with a host and an audience of its own.
public typealias ApplicationID = Identifier<IDKind.Application>
public typealias OrganizationUnitID = Identifier<IDKind.OrganizationUnit>
public typealias PolicyID = Identifier<IDKind.Policy>
/// The link between a person and one upstream subject, keyed by (provider, upstream subject key).
public typealias IdentityID = Identifier<IDKind.Identity>
/// A password, TOTP secret or set of recovery codes of one person.
public typealias CredentialID = Identifier<IDKind.Credential>
/// One attempt to log in, from the first page to the session.
public typealias FlowID = Identifier<IDKind.Flow>
/// A single-use link: set-up, invitation, password reset.
public typealias LinkID = Identifier<IDKind.Link>
/// A browser that has completed a login before and keeps a failure budget of its own.
public typealias DeviceID = Identifier<IDKind.Device>
/// The browser's single sign-on session at the gateway.
public typealias SessionID = Identifier<IDKind.Session>
/// The audience-bound session of one application, child of a `SessionID` (`sid`).
public typealias ApplicationSessionID = Identifier<IDKind.ApplicationSession>
public typealias APIKeyID = Identifier<IDKind.APIKey>
public typealias SyncRunID = Identifier<IDKind.SyncRun>
public typealias EventID = Identifier<IDKind.Event>
/// Chosen by the caller of a command so that a repeated command has one effect.
public typealias CommandID = Identifier<IDKind.Command>
public typealias DecisionID = Identifier<IDKind.Decision>
public typealias KeyID = Identifier<IDKind.Key>
/// An application or service as the authorization server knows it; distinct from its `client_id`.
public typealias ClientID = Identifier<IDKind.Client>
/// An application that speaks SAML 2.0; distinct from its entity id.
public typealias SAMLApplicationID = Identifier<IDKind.SAMLApplication>
/// An operator, an account or a user of NATS as it is kept here; distinct from its public key, which may change.
public typealias NATSEntityID = Identifier<IDKind.NATSEntity>
/// What a client was granted, for itself or by a person: the family of codes and tokens that came of one yes.
public typealias AuthorizationGrantID = Identifier<IDKind.AuthorizationGrant>
/// The way by which one receiver hears of security events (OpenID Shared Signals Framework 1.0).
public typealias SignalStreamID = Identifier<IDKind.SignalStream>
/// One dated and signed judgement of a framework's controls.
public typealias AssessmentID = Identifier<IDKind.Assessment>
/// One running gateway process.
public typealias NodeID = Identifier<IDKind.Node>
