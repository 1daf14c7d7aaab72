// One nominal type per kind of thing: the phantom parameter of `Identifier` keeps them apart.

public enum IDKind {
    public enum Tenant {}
    public enum Person {}
    public enum ServiceAccount {}
    public enum Group {}
    public enum Role {}
    public enum Mapping {}
    public enum Assignment {}
    public enum Provider {}
    public enum Application {}
    public enum OrganizationUnit {}
    public enum Policy {}
    public enum Identity {}
    public enum Credential {}
    public enum Flow {}
    public enum Link {}
    public enum Device {}
    public enum Session {}
    public enum ApplicationSession {}
    public enum APIKey {}
    public enum SyncRun {}
    public enum Event {}
    public enum Command {}
    public enum Decision {}
    public enum Key {}
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
/// One running gateway process.
public typealias NodeID = Identifier<IDKind.Node>
