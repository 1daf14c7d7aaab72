import Identity
import OAuth
import Providers
import Vocabulary

/// How the steps of logins ended, for metrics: by what checked them and why they were refused, never by whom.
final class LoginTally: Sendable {
    /// What checked, or would have checked, the first factor.
    enum Kind: String, CaseIterable {
        case local, ldap, oidc, oauth2, saml
        /// An invitation, a set-up or a reset link.
        case link
        /// The step was refused before there was a provider.
        case none
    }

    enum Outcome: String, CaseIterable {
        case succeeded, refused, throttled, unavailable, cancelled
        /// Something broke: the person saw an error and not a reason.
        case failed
    }

    struct Ended: Hashable {
        let kind: Kind
        let outcome: Outcome
    }

    /// Reasons in the words of the journal.
    enum Reason: Hashable {
        case refused(LoginRefusal)
        case passwordRefused, presentPasswordWrong, linkRefused, expired

        static let all: [Reason] =
            LoginRefusal.allCases.map(Reason.refused) + [
                .passwordRefused, .presentPasswordWrong, .linkRefused, .expired,
            ]

        var word: String {
            switch self {
            case .refused(let refusal): refusal.rawValue.split(separator: ".").last.map(String.init) ?? ""
            case .passwordRefused: "password_refused"
            case .presentPasswordWrong: "present_password_wrong"
            case .linkRefused: "link_refused"
            case .expired: "expired"
            }
        }
    }

    let ended = Tally<Ended>()
    let reasons = Tally<Reason>()
    let anomalies = Tally<LoginAnomaly>()

    /// Counts a step that ended a login or was refused; one that led on to another page is none.
    func count(_ result: LoginResult, _ provider: PrimaryProvider?) {
        switch result {
        case .completed: ended.count(Ended(kind: Self.kind(provider) ?? .link, outcome: .succeeded))
        case .leave: break
        case .show(let view):
            guard let reason = view.notice.map(Self.reason) else { return }
            reasons.count(reason)
            let fallback = reason == .linkRefused ? Kind.link : .none
            ended.count(Ended(kind: Self.kind(provider) ?? fallback, outcome: Self.outcome(reason)))
        }
    }

    /// Counts a step that threw.
    func countFailure(_ provider: PrimaryProvider?) {
        ended.count(Ended(kind: Self.kind(provider) ?? .none, outcome: .failed))
    }

    private static func kind(_ provider: PrimaryProvider?) -> Kind? {
        switch provider {
        case .local: .local
        case .directory: .ldap
        case .redirect(let provider):
            switch provider.kind {
            case .openID(let provider): provider.settings.preset.issuer == nil ? .oauth2 : .oidc
            case .saml: .saml
            }
        case nil: nil
        }
    }

    private static func reason(_ notice: LoginNotice) -> Reason {
        switch notice {
        case .refused(let refusal): .refused(refusal)
        case .throttled: .refused(.throttled)
        case .tooLittleTold: .refused(.upstreamRefused)
        case .passwordRefused: .passwordRefused
        case .presentPasswordWrong: .presentPasswordWrong
        case .linkRefused: .linkRefused
        case .expired: .expired
        }
    }

    private static func outcome(_ reason: Reason) -> Outcome {
        switch reason {
        case .refused(.throttled), .refused(.tooManyAttempts): .throttled
        case .refused(.providerUnavailable): .unavailable
        case .refused(.cancelled): .cancelled
        default: .refused
        }
    }

    var families: [MetricFamily] {
        let (ended, reasons) = (ended.counts, reasons.counts)
        var logins = MetricFamily.counter(
            "gatehouse_logins_total", "Logins that succeeded, and steps of logins that were refused or failed.")
        for kind in Kind.allCases {
            for outcome in Outcome.allCases {
                logins = logins.adding(
                    ended[Ended(kind: kind, outcome: outcome)] ?? 0,
                    ["provider_kind": kind.rawValue, "outcome": outcome.rawValue])
            }
        }
        return [
            logins,
            Reason.all.reduce(.counter("gatehouse_login_refusals_total", "Refused steps of logins.")) {
                $0.adding(reasons[$1] ?? 0, ["reason": $1.word])
            },
            .counter(
                "gatehouse_login_anomalies_total", "What stood out about sign-ins whose password was right.",
                label: "kind", anomalies),
        ]
    }
}
