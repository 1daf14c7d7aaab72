import Gateway
import Identity
import Vocabulary

/// What a person reads above a form: kind, general, and the same for every reason that would tell a stranger something.
enum LoginWording {
    static func sentence(_ notice: LoginNotice) -> String {
        switch notice {
        case .refused(let refusal): sentence(refusal)
        case .throttled(let wait): "Too many attempts. Please wait \(words(wait)) and try again."
        case .passwordRefused(let violations) where violations.isEmpty:
            "The directory does not accept this password. Please choose another one."
        case .passwordRefused(let violations):
            "This password cannot be used. " + violations.map(\.explanation).joined(separator: " ")
        case .presentPasswordWrong: "Your current password is not right."
        case .linkRefused: "This link or invitation does not open anything: it was used, is too old, or was never made."
        case .expired: "This took too long. Please begin again."
        case .tooLittleTold(let told): "\(told.provider) did not tell us who you are."
        }
    }

    static func sentence(_ refusal: LoginRefusal) -> String {
        switch refusal {
        case .providerUnavailable: "Where you sign in cannot be reached at the moment. Please try again later."
        case .staleSignIn: "You have to sign in there anew. Please try again."
        case .upstreamRefused: "We could not sign you in there. Please begin again, or ask your administrator."
        case .unknownProvider: "Please choose where you sign in, then type your password again."
        case .malformedLogin: "Please type your user name or e-mail address."
        case .secondFactorWrong: "That code is not right, or was used before."
        case .tooManyAttempts: "Too many attempts. Please begin again."
        case .otherSubject: "Please sign in as the same person."
        case .sessionOver: "Your session has ended. Please sign in again."
        case .otherBrowser, .outOfStep, .staleProof, .unsupportedRecord: "This page is out of date. Please begin again."
        case .cancelled: "Signing in was cancelled."
        case .separationOfDuties:
            "Your directory gives you access that one person may not have together. Ask your administrator."
        case .refusedByRule: "A rule of your organization does not let you sign in now. Ask your administrator."
        case .throttled: "Too many attempts. Please wait a moment and try again."
        case .badCredentials, .personDisabled, .upstreamDisabled, .upstreamLocked, .notLinked, .foreignProof,
            .otherProvider, .wrongMethod, .factsMissing, .wrongPurpose:
            "We could not sign you in. Check your user name and password, or ask your administrator."
        }
    }

    static func words(_ wait: Duration) -> String {
        let seconds = max(1, (wait.microseconds + 999_999) / 1_000_000)
        if seconds < 90 { return seconds == 1 ? "a second" : "\(seconds) seconds" }
        return "\((seconds + 59) / 60) minutes"
    }
}
