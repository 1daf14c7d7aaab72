import Identity
import Providers
import Vocabulary

/// One provider as a directory job sees it: where to read, how much may go, how long leavers stay.
public struct SyncTarget: Sendable {
    public let provider: ProviderID
    public let tenant: TenantID
    /// The configured name.
    public let key: String
    public let source: any DirectorySource
    public var limits: RemovalLimits
    /// Names of roles that may not lose their last holder, beside those marked as protected.
    public var protectedRoles: [String]
    public var graceSeconds: Int64
    public var schedule: SyncSchedule?
    public var jitter: Duration

    public init(
        provider: ProviderID, tenant: TenantID, key: String, source: any DirectorySource,
        limits: RemovalLimits = RemovalLimits(), protectedRoles: [String] = [], graceSeconds: Int64 = 30 * 86_400,
        schedule: SyncSchedule? = nil, jitter: Duration = .zero
    ) {
        self.provider = provider
        self.tenant = tenant
        self.key = key
        self.source = source
        self.limits = limits
        self.protectedRoles = protectedRoles
        self.graceSeconds = graceSeconds
        self.schedule = schedule
        self.jitter = jitter
    }

    public init(
        provider: ProviderID, tenant: TenantID, key: String, source: any DirectorySource,
        configuration: SyncConfiguration
    ) {
        self.init(
            provider: provider, tenant: tenant, key: key, source: source,
            limits: RemovalLimits(count: configuration.removalsCount, percent: configuration.removalsPercent),
            protectedRoles: configuration.protectedRoles, graceSeconds: Int64(configuration.graceDays) * 86_400,
            schedule: configuration.schedule, jitter: configuration.jitter)
    }
}
