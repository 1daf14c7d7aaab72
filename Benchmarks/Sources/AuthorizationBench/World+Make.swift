import Fixtures
import Vocabulary

extension Seeded {
    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }
    mutating func sample<Element>(_ list: [Element], _ count: Int) -> [Element] {
        Array(list.shuffled(using: &self).prefix(count))
    }
}

extension World {
    struct Size {
        var people: Int
        var groups: Int
        var documents: Int
        var policies: Int
        var requests: Int
    }

    private static let departments = ["sales", "legal", "finance", "hr", "it", "ops", "rnd", "support"]
    private static let regions = ["eu", "us", "apac", "latam"]
    private static let actions = ["read", "write", "delete", "share", "approve"]

    /// Groups nested three deep (5 % top, 20 % middle), documents in 25 projects per 500, 15 % of the policies deny.
    static func make(_ size: Size, seed: UInt64) -> World {
        var random = Seeded(seed)
        let top = (0..<max(1, size.groups / 20)).map { "gt\($0)" }
        let middle = (0..<max(1, size.groups / 5)).map { "gm\($0)" }
        let leaves = (0..<size.groups - top.count - middle.count).map { "gl\($0)" }
        var world = World(groups: [:], users: [:], docs: [:], policies: [], requests: [])
        for group in top { world.groups[group] = [] }
        for group in middle { world.groups[group] = [random.pick(top)] }
        for group in leaves { world.groups[group] = [random.pick(middle)] }
        let projects = (0..<max(25, size.documents / 20)).map { "pr\($0)" }
        let people = (0..<size.people).map { "u\($0)" }
        for id in people { world.users[id] = person(id, leaves, &random) }
        let documents = (0..<size.documents).map { "d\($0)" }
        for id in documents { world.docs[id] = document(projects, people, &random) }
        for number in 0..<size.policies {
            let isDeny = number >= size.policies * 85 / 100
            world.policies.append(rule(number, isDeny, (leaves, middle, top), projects, &random))
        }
        world.addRequests(size.requests, people, documents, &random)
        return world
    }

    private static func person(_ id: String, _ leaves: [String], _ random: inout Seeded) -> Person {
        let count = random.pick([1, 1, 2, 3])
        var groups: Set<String> = []
        while groups.count < count { groups.insert(random.pick(leaves)) }
        return Person(
            groups: groups.sorted(),
            attrs: [
                "id": .string(id), "department": .string(random.pick(departments)),
                "clearance": .integer(Int64(random.below(6))), "region": .string(random.pick(regions)),
                "suspended": .bool(random.chance(0.03)),
                "type": .string(random.pick(["employee", "employee", "contractor", "service"])),
            ])
    }

    private static func document(_ projects: [String], _ people: [String], _ random: inout Seeded) -> Document {
        Document(
            project: random.pick(projects),
            attrs: [
                "department": .string(random.pick(departments)),
                "sensitivity": .integer(random.pick([0, 1, 1, 2, 2, 3, 4, 5])), "region": .string(random.pick(regions)),
                "status": .string(random.pick(["active", "active", "active", "draft", "archived"])),
                "owner": .string(random.pick(people)),
            ])
    }

    private static func rule(
        _ number: Int, _ isDeny: Bool, _ groups: (leaves: [String], middle: [String], top: [String]),
        _ projects: [String], _ random: inout Seeded
    ) -> Rule {
        let kind = random.below(9)
        let group =
            kind < 4 ? random.pick(groups.leaves) : kind < 8 ? random.pick(groups.middle) : random.pick(groups.top)
        var actions = random.sample(Self.actions, random.pick([1, 2, 3]))
        if isDeny, random.chance(0.3) { actions = Self.actions }
        return Rule(
            id: "p\(number)", effect: isDeny ? "forbid" : "permit",
            group: isDeny && random.chance(0.45) ? nil : group, actions: actions,
            project: random.chance(isDeny ? 0.4 : 0.3) ? nil : random.pick(projects),
            when: isDeny ? denial(&random) : permission(&random))
    }

    private static func denial(_ random: inout Seeded) -> [[AttributeValue]] {
        let choices: [[[AttributeValue]]] = [
            [["principal.suspended", "==", true]], [["resource.status", "==", "archived"]],
            [["context.risk", ">", .integer(Int64(85 + random.below(13)))]],
            [["context.mfa", "==", false], ["resource.sensitivity", ">=", 5]],
            [["principal.type", "==", "service"], ["resource.sensitivity", ">=", 4]],
            [["context.hour", "<", 5], ["resource.sensitivity", ">=", 3]],
            [
                ["principal.type", "==", "contractor"],
                ["resource.department", "==", .string(random.pick(departments))],
                ["context.network", "==", "internet"],
            ],
            [["resource.region", "!=", "$principal.region"], ["resource.sensitivity", ">=", 5]],
            [["context.network", "==", "internet"], ["resource.sensitivity", ">=", 5]],
        ]
        return random.pick(choices)
    }

    private static func permission(_ random: inout Seeded) -> [[AttributeValue]] {
        let hours = (Int64(5 + random.below(4)), Int64(17 + random.below(5)))
        let choices: [[[AttributeValue]]] = [
            [["resource.sensitivity", "<=", "$principal.clearance"]],
            [["principal.department", "==", "$resource.department"]],
            [["resource.status", "in", ["active", "draft"]]], [["context.mfa", "==", true]],
            [["context.hour", ">=", .integer(hours.0)], ["context.hour", "<", .integer(hours.1)]],
            [["principal.region", "in", .list(random.sample(regions, 3).map(AttributeValue.string))]],
            [["context.risk", "<=", .integer(Int64(40 + random.below(40)))]],
            [["resource.owner", "==", "$principal.id"]], [["context.network", "!=", "internet"]],
        ]
        return random.sample(choices, random.pick([1, 2, 2, 3])).flatMap { $0 }
    }

    /// Three of five requests are aimed at a policy's own group, project and action.
    private mutating func addRequests(_ count: Int, _ people: [String], _ documents: [String], _ random: inout Seeded) {
        var members: [String: [String]] = [:]
        for id in people {
            for group in Set(users[id]?.groups ?? []).reduce(into: Set<String>(), { $0.formUnion(closure(of: $1)) }) {
                members[group, default: []].append(id)
            }
        }
        let byProject = Dictionary(grouping: documents) { docs[$0]?.project ?? "" }
        let permits = policies.filter { $0.effect == "permit" }
        for number in 0..<count {
            let context: [String: AttributeValue] = [
                "mfa": .bool(random.chance(0.7)),
                "hour": .integer(random.pick([3, 8, 9, 10, 11, 13, 14, 15, 16, 17, 19, 22])),
                "risk": .integer(Int64(min(99, random.below(30) * random.below(5)))),
                "network": .string(random.pick(["corp", "corp", "vpn", "internet"])),
            ]
            var (person, document, action) = (random.pick(people), random.pick(documents), random.pick(Self.actions))
            if number % 5 < 3 {
                let target = random.pick(permits)
                person = random.pick(target.group.flatMap { members[$0] } ?? people)
                document = random.pick(target.project.flatMap { byProject[$0] } ?? documents)
                action = random.pick(target.actions)
            }
            requests.append(Request(u: person, a: action, d: document, c: context, expected: false, determining: []))
            answer(number)
        }
    }

    /// The reference: the plainest possible evaluation, apart from the engine in every line.
    private mutating func answer(_ number: Int) {
        let request = requests[number]
        guard let person = users[request.u], let document = docs[request.d] else { return }
        let groups = person.groups.reduce(into: Set<String>()) { $0.formUnion(closure(of: $1)) }
        let roots = ["principal": person.attrs, "resource": document.attrs, "context": request.c]
        func value(_ name: String) -> AttributeValue? {
            let parts = name.split(separator: ".").map(String.init)
            return roots[parts[0]]?[parts[1]]
        }
        let hits = policies.filter { rule in
            rule.actions.contains(request.a) && (rule.group.map(groups.contains) ?? true)
                && (rule.project.map { $0 == document.project } ?? true)
                && rule.when.allSatisfy { part in
                    let (left, op, right) = (value(part[0].string ?? ""), part[1].string ?? "", part[2])
                    let other =
                        right.string.flatMap { $0.hasPrefix("$") ? value(String($0.dropFirst())) : right } ?? right
                    return Self.holds(left, op, other)
                }
        }
        let denies = hits.filter { $0.effect == "forbid" }
        requests[number].expected = denies.isEmpty && !hits.isEmpty
        requests[number].determining = (denies.isEmpty ? hits : denies).map(\.id)
    }

    private static func holds(_ left: AttributeValue?, _ op: String, _ right: AttributeValue) -> Bool {
        guard let left else { return false }
        switch op {
        case "==": return left == right
        case "!=": return left != right
        case "in": return right.list?.contains(left) ?? false
        default:
            guard let a = left.integer, let b = right.integer else { return false }
            return op == "<" ? a < b : op == "<=" ? a <= b : op == ">" ? a > b : a >= b
        }
    }
}
