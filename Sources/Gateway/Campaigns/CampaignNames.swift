import Governance
import Identity
import Storage
import Vocabulary

/// Finds the names of what lines are about, each once per page.
struct CampaignNames {
    private let view: GovernedView
    private var campaigns: [CampaignID: Campaign?] = [:]
    private var subjects: [Subject: String?] = [:]
    private var entitlements: [EntitlementID: GovernedRow?] = [:]
    private var applications: [ApplicationID: String?] = [:]
    private var roles: [RoleID: String?] = [:]

    init(_ view: GovernedView) { self.view = view }

    mutating func shown(_ line: CampaignLine) throws -> CampaignService.Line {
        let campaign = try campaign(line.campaign)
        var (item, application, risk): (String?, String?, RiskLevel?) = (nil, nil, nil)
        switch line.item {
        case .entitlement(_, let id, _):
            let row = try entitlement(id)
            (item, risk) = (row?.name, row.flatMap { RiskLevel(rawValue: $0.type) })
            application = try row?.parent.flatMap(ApplicationID.init).flatMap { try self.application($0) }
        case .role(_, let id), .mappedRole(let id): item = try role(id)
        }
        let isUnused = campaign.flatMap { campaign in
            line.isUnused(
                for: .days(campaign.terms.unusedAfterDays), at: campaign.startedAt,
                recordedSince: campaign.recordedSince)
        }
        return CampaignService.Line(
            line: line, holderName: try name(line.holder), reviewerName: try line.reviewer.flatMap { try name($0) },
            itemName: item, applicationName: application, risk: risk,
            reason: line.verdict == nil ? nil : try view.reason(of: line.id), isUnused: isUnused)
    }

    mutating func campaign(_ id: CampaignID) throws -> Campaign? {
        if let known = campaigns[id] { return known }
        let found = try view.load(Governed.campaign(id)).state
        campaigns[id] = .some(found)
        return found
    }

    private mutating func name(_ subject: Subject) throws -> String? {
        if let known = subjects[subject] { return known }
        let found: String? =
            switch subject {
            case .person(let id): try view.sql.person(id, in: view.tenant).map { $0.displayName ?? $0.login }
            case .serviceAccount(let id): try view.sql.serviceAccount(id, in: view.tenant)?.name
            }
        subjects[subject] = .some(found)
        return found
    }

    private mutating func entitlement(_ id: EntitlementID) throws -> GovernedRow? {
        if let known = entitlements[id] { return known }
        let found = try view.sql.governed(Governed.entitlement(id).stream, in: view.tenant)
        entitlements[id] = .some(found)
        return found
    }

    private mutating func application(_ id: ApplicationID) throws -> String? {
        if let known = applications[id] { return known }
        let found = try view.sql.governed(Governed.application(id).stream, in: view.tenant)?.name
        applications[id] = .some(found)
        return found
    }

    private mutating func role(_ id: RoleID) throws -> String? {
        if let known = roles[id] { return known }
        let found = try view.sql.role(id, in: view.tenant)?.name
        roles[id] = .some(found)
        return found
    }
}

extension GovernedView {
    /// The reason of a line's last verdict, which no fold keeps.
    fileprivate func reason(of id: CampaignLineID) throws -> String? {
        var reason: String?
        try Governed.campaignLine(id).forEach(sql, in: tenant, keys: keys) { recorded, _ in
            if case .decided(_, _, let text) = recorded.event { reason = text }
        }
        return reason
    }
}
