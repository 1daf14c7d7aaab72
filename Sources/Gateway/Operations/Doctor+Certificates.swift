import OAuth
import Vocabulary

extension Doctor {
    /// Less is left of an authority than a change of authorities takes.
    private static let shortestAuthority: Duration = .days(30)

    /// Authorities that certificates of clients come from (`oauth.mtls.authorities`): each file is there, holds what may
    /// issue certificates, and is good now and for a while; and who has to have one, has one.
    func examineClientAuthorities() -> [Finding] {
        guard let settings = configuration.oauth.mutualTLS else { return [] }
        let files = Set(settings.authorities.map(\.file)).sorted()
        guard files.isEmpty else { return files.flatMap(examine(authorityFile:)) }
        return [
            Finding(
                subject: "client certificates", isGood: true,
                detail: "no authority is named, so that clients prove themselves by self-signed certificates alone")
        ]
    }

    private func examine(authorityFile file: String) -> [Finding] {
        do {
            return try ClientAuthorities.read(file).authorities.authorities.map { examine($0, file) }
        } catch {
            return [Finding(subject: "client certificates", isGood: false, detail: "\(error)")]
        }
    }

    private func examine(_ authority: CertificateAuthorities.Authority, _ file: String) -> Finding {
        let (now, name) = (clock(), "\(authority.subject) of \(file)")
        let begin = Timestamp(seconds: authority.notBefore)
        let end = Timestamp(seconds: authority.notAfter)
        func finding(_ isGood: Bool, _ detail: String) -> Finding {
            Finding(subject: "client certificates", isGood: isGood, detail: detail)
        }
        if now > end {
            return finding(
                false,
                "\(name) has expired: it was good until \(end.rfc3339), and none of its clients is let in. "
                    + "Put the authority that follows it there.")
        }
        if now < begin { return finding(false, "\(name) is not good before \(begin.rfc3339). Set the clock, or wait.") }
        if end - now < Self.shortestAuthority {
            return finding(
                false,
                "\(name) expires at \(end.rfc3339). Put the authority that follows it beside it, and have clients "
                    + "change over.")
        }
        return finding(true, "\(name) issues certificates of clients, and is good until \(end.rfc3339)")
    }
}
