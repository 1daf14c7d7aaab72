import Foundation
import Identity
import Storage
import Vocabulary

/// Keeps a held plan: personal data, so it is sealed, in frames small enough for the key ring and bound to the run and
/// to their place, so that none can be moved, left out or taken from another run.
enum SyncPlanSeal {
    private struct Head: Codable {
        let provider: ProviderID
        let madeAt: Timestamp
        let conflicts: [SyncConflict]
        let warnings: [SyncWarning]
        let answeredPeople: Int
        let answeredGroups: Int
        /// Frames that follow.
        let frames: Int
    }

    private struct Part: Codable {
        var people: [PersonChange] = []
        var groups: [GroupChange] = []
        var memberships: [[String]] = []
        /// Which of the four lists the memberships belong to.
        var list = 0
        /// Absent in plans of before roles were kept with them.
        var rolesGained: [RoleChange]?
        var rolesLost: [RoleChange]?
    }

    private static let slice = 4_000

    static func seal(_ held: HeldPlan, run: SyncRunID, tenant: TenantID, keys: KeyRing) throws -> [UInt8] {
        let plan = held.plan
        let parts = parts(of: plan) + roleParts(of: held)
        let head = Head(
            provider: plan.provider, madeAt: plan.madeAt, conflicts: plan.conflicts, warnings: plan.warnings,
            answeredPeople: plan.answeredPeople, answeredGroups: plan.answeredGroups, frames: parts.count)
        var frames = frames(run, tenant, keys)
        try frames.append([UInt8](JSONEncoder().encode(head)))
        for part in parts { try frames.append([UInt8](JSONEncoder().encode(part))) }
        return frames.bytes
    }

    private static func frames(_ run: SyncRunID, _ tenant: TenantID, _ keys: KeyRing) -> SealedFrames {
        SealedFrames(keys: keys, purpose: .record, tenant: tenant, context: SealedFrames.planContext(run.bytes))
    }

    /// - Throws: `keys.refused` for anything but what `seal` made for this run, `storage.corrupt` when it is cut short.
    static func open(_ sealed: [UInt8], run: SyncRunID, tenant: TenantID, keys: KeyRing) throws -> HeldPlan {
        var found: Head?
        var (frames, people, groups): (Int, [PersonChange], [GroupChange]) = (0, [], [])
        var lists = [[MembershipChange]](repeating: [], count: 4)
        var (gained, lost): ([RoleChange], [RoleChange]) = ([], [])
        var reader = Self.frames(run, tenant, keys)
        try reader.forEach(sealed) { plain in
            guard found != nil else {
                found = try JSONDecoder().decode(Head.self, from: Data(plain))
                return
            }
            let part = try JSONDecoder().decode(Part.self, from: Data(plain))
            guard lists.indices.contains(part.list), part.memberships.allSatisfy({ $0.count > 1 }) else {
                throw corrupt
            }
            frames += 1
            people += part.people
            groups += part.groups
            gained += part.rolesGained ?? []
            lost += part.rolesLost ?? []
            for run in part.memberships {
                lists[part.list] += run.dropFirst().map { MembershipChange(group: run[0], member: $0) }
            }
        }
        guard let head = found, head.frames == frames else { throw corrupt }
        let plan = SyncPlan(
            provider: head.provider, madeAt: head.madeAt, people: people, groups: groups, membershipsLost: lists[0],
            membershipsGained: lists[1], nestingsLost: lists[2], nestingsGained: lists[3], conflicts: head.conflicts,
            warnings: head.warnings, answeredPeople: head.answeredPeople, answeredGroups: head.answeredGroups)
        return HeldPlan(plan, rolesGained: gained, rolesLost: lost)
    }

    private static func roleParts(of held: HeldPlan) -> [Part] {
        func slices(_ list: [RoleChange], _ part: ([RoleChange]) -> Part) -> [Part] {
            stride(from: 0, to: list.count, by: slice).map { part(Array(list[$0..<min($0 + slice, list.count)])) }
        }
        return slices(held.rolesGained) { Part(rolesGained: $0) } + slices(held.rolesLost) { Part(rolesLost: $0) }
    }

    private static func parts(of plan: SyncPlan) -> [Part] {
        var parts: [Part] = []
        for start in stride(from: 0, to: plan.people.count, by: slice) {
            parts.append(Part(people: Array(plan.people[start..<min(start + slice, plan.people.count)])))
        }
        for start in stride(from: 0, to: plan.groups.count, by: slice) {
            parts.append(Part(groups: Array(plan.groups[start..<min(start + slice, plan.groups.count)])))
        }
        let lists = [plan.membershipsLost, plan.membershipsGained, plan.nestingsLost, plan.nestingsGained]
        for (number, list) in lists.enumerated() {
            for start in stride(from: 0, to: list.count, by: slice * 5) {
                var part = Part(list: number)
                // Runs of one group: its key once, then the members'.
                for change in list[start..<min(start + slice * 5, list.count)] {
                    if part.memberships.last?.first != change.group { part.memberships.append([change.group]) }
                    part.memberships[part.memberships.count - 1].append(change.member)
                }
                parts.append(part)
            }
        }
        return parts
    }

    private static var corrupt: Fault { Fault("storage.corrupt", .ourselves, "A held plan cannot be read.") }
}
