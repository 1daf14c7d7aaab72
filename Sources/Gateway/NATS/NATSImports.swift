import NKeys
import Storage
import Vocabulary

/// Which account imports what from which, and whether servers would take it: they leave out, without a word to anybody, an
/// import by which a subject would come round to where it came from.
struct NATSImports {
    /// What an account takes of another.
    struct Taken {
        let kind: ExportKind
        let exporter: NATSAccount
        let subject: NATSSubject
    }

    private struct Edge {
        let importer: NATSAccount
        let exporter: NATSAccount
        let subject: NATSSubject
    }

    /// What is heard.
    private let edges: [Edge]
    /// What is asked, and answered there.
    private let services: [Edge]

    init(_ traffic: [NATSAccountTraffic]) {
        let plain = traffic.filter { !$0.account.isSystem }
        edges = plain.flatMap { own in
            plain.filter { $0.account.id != own.account.id }.flatMap { other in
                own.wanted(from: other).map { Edge(importer: own.account, exporter: other.account, subject: $0) }
            }
        }
        services = plain.flatMap { own in
            own.asked.compactMap { subject in
                // Who answers in the same account needs no import, and two that answer would be asked by turns.
                guard own.answered.isEmpty,
                    let other = plain.first(where: { $0.answered.contains { $0.contains(subject) } })
                else { return nil }
                return Edge(importer: own.account, exporter: other.account, subject: subject)
            }
        }
    }

    /// What an account imports.
    func of(_ account: NATSAccount) -> [Taken] {
        func taken(_ edges: [Edge], _ kind: ExportKind) -> [Taken] {
            edges.filter { $0.importer.id == account.id }
                .map { Taken(kind: kind, exporter: $0.exporter, subject: $0.subject) }
        }
        return taken(edges, .stream) + taken(services, .service)
    }

    /// Why these imports cannot be; nil when they can.
    var circle: Fault? {
        for edge in edges where comesRound(edge) {
            return Fault(
                "nats.circle", .caller,
                "Accounts `\(edge.importer.name)` and `\(edge.exporter.name)` would hear `\(edge.subject.text)` of each other.",
                remedy: "Let users of one account publish it, and those of others hear it.")
        }
        return nil
    }

    private func comesRound(_ start: Edge) -> Bool {
        var seen: Set<NATSEntityID> = []
        var next = [start.exporter.id]
        while let account = next.popLast() {
            guard seen.insert(account).inserted else { continue }
            for edge in edges where edge.importer.id == account && edge.subject.overlaps(start.subject) {
                if edge.exporter.id == start.importer.id { return true }
                next.append(edge.exporter.id)
            }
        }
        return false
    }
}
