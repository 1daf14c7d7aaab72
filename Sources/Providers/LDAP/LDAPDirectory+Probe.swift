import LDAP
import Vocabulary

/// One step of a directory check.
public struct DirectoryCheck: Sendable, Hashable, Codable {
    /// The steps of a check, in the order they are taken.
    public enum Step: String, Sendable, Hashable, Codable { case tls, connection, serviceBind, people, groups }
    public let step: Step
    /// The server asked.
    public let server: String
    public let isGood: Bool
    /// What was found: a number of entries, or what went wrong.
    public let detail: String
    /// What to do about it; nil where nothing is wrong or nobody knows.
    public let cure: String?
    /// What the server's own clock said, to the second; nil where it does not tell.
    public let serverTime: Timestamp?

    init(
        step: Step, server: String, isGood: Bool, detail: String, cure: String? = nil, serverTime: Timestamp? = nil
    ) {
        self.serverTime = serverTime
        self.step = step
        self.server = server
        self.isGood = isGood
        self.detail = detail
        self.cure = cure
    }
}

extension Timestamp {
    /// A moment in UTC as directories write it (RFC 4517 §3.3.13), such as `20270131180000.0Z`; nil for anything else.
    init?(generalizedTime text: String) {
        let digits = Array(text.utf8.prefix(14))
        let rest = text.utf8.dropFirst(14)
        let isFraction = rest.first == 0x2E && rest.dropFirst().dropLast().allSatisfy { (0x30...0x39).contains($0) }
        guard digits.count == 14, digits.allSatisfy({ (0x30...0x39).contains($0) }), rest.last == 0x5A,
            rest.count == 1 || isFraction && rest.count < 12
        else { return nil }
        func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        self.init(
            rfc3339: "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(8..<10)):\(part(10..<12)):\(part(12..<14))Z")
    }
}

extension LDAPDirectory {
    /// Asks every server by itself, over fresh connections: whether its certificate is trusted, whether it answers, accepts the service account, and lets
    /// people and groups be read. Never throws; every failure is a line of the answer.
    public func probe() async -> [DirectoryCheck] {
        var checks: [DirectoryCheck] = []
        for configuration in settings.connections { checks += await probe(configuration) }
        return checks
    }

    private func probe(_ configuration: LDAPConfiguration) async -> [DirectoryCheck] {
        let server = configuration.endpoint.description
        func check(_ step: DirectoryCheck.Step, _ isGood: Bool, _ detail: String) -> DirectoryCheck {
            DirectoryCheck(step: step, server: server, isGood: isGood, detail: detail)
        }
        let tls = await probeTLS(configuration)
        guard tls.allSatisfy(\.isGood) else { return tls }
        guard let connection = try? LDAPConnection(configuration) else {
            return [check(.connection, false, "no thread could be started")]
        }
        defer { connection.close() }
        var checks = tls
        var time: Timestamp?
        do {
            // The root entry is readable by anybody (RFC 4512 §5.1), so this fails for the connection's sake alone.
            let root = try await connection.entries(
                SearchRequest(
                    base: "", scope: .base, filter: "(objectClass=*)", attributes: ["supportedControl", "currentTime"]))
            // Active Directory tells its clock there; most others do not.
            time = root.first?["currentTime"].flatMap { Timestamp(generalizedTime: $0) }
        } catch {
            guard case .failed = error else { return checks + [check(.connection, false, "\(error)")] }
        }
        checks.append(
            DirectoryCheck(
                step: .connection, server: server, isGood: true, detail: "answers", serverTime: time))
        if let refused = await bindRefusal(connection) {
            return checks + [
                DirectoryCheck(
                    step: .serviceBind, server: server, isGood: false, detail: refused,
                    cure: "Check bind_dn and bind_password_file.")
            ]
        }
        if settings.service != nil { checks.append(check(.serviceBind, true, "accepted")) }
        checks.append(await count(peopleRequest, .people, connection, server))
        if let request = groupsRequest { checks.append(await count(request, .groups, connection, server)) }
        return checks
    }

    /// One line for a trusted server, else one for each flaw.
    private func probeTLS(_ configuration: LDAPConfiguration) async -> [DirectoryCheck] {
        guard let report = await TLSProbe.examine(configuration) else { return [] }
        let server = configuration.endpoint.description
        guard !report.flaws.isEmpty else {
            let until = report.notAfter.map { ", good until \($0)" } ?? ""
            return [DirectoryCheck(step: .tls, server: server, isGood: true, detail: "trusted\(until)")]
        }
        return report.flaws.map { flaw in
            DirectoryCheck(step: .tls, server: server, isGood: false, detail: "\(flaw)", cure: flaw.cure)
        }
    }

    private func bindRefusal(_ connection: LDAPConnection) async -> String? {
        guard let service = settings.service else { return nil }
        do throws(LDAPError) {
            let outcome = try await connection.bind(dn: service.dn, password: Array(service.password.reveal().utf8))
            if case .refused(let reason) = outcome { return DirectoryRefusal(reason).rawValue }
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func count(
        _ request: SearchRequest, _ step: DirectoryCheck.Step, _ connection: LDAPConnection, _ server: String
    ) async -> DirectoryCheck {
        var names = request
        names.attributes = ["1.1"]
        do {
            let summary = try await connection.search(names) { _ in }
            let isGood = summary.entries > 0
            return DirectoryCheck(
                step: step, server: server, isGood: isGood,
                detail: isGood
                    ? "\(summary.entries) entries" : "no entry matches \(request.filter) under \(request.base)")
        } catch {
            let detail = (error as? LDAPError).map { "\($0)" } ?? "could not be read"
            return DirectoryCheck(step: step, server: server, isGood: false, detail: detail)
        }
    }
}
