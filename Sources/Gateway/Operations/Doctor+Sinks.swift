import Fetch
import Foundation
import Storage
import Vocabulary

extension Doctor {
    /// Where heads are kept: whether files can be written, and webhooks take what is signed for them.
    func examineSinks() async -> [Finding] {
        guard !configuration.journal.sinks.isEmpty else {
            return [
                Finding(
                    subject: "heads", isGood: false,
                    detail: "No head is kept outside, so a tail that was cut cannot be noticed. Add to journal.sinks.")
            ]
        }
        var findings: [Finding] = []
        for sink in configuration.journal.sinks {
            switch sink {
            case .file(let path): findings.append(examineHeads(path))
            case .webhook(let url, let secret, let caFile):
                findings += await examineWebhook(url, secret, caFile)
            }
        }
        return findings
    }

    private func examineHeads(_ path: String) -> Finding {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return finding("heads", "\(path) can be written") {
            guard access(folder, W_OK | X_OK) == 0, access(path, F_OK) != 0 || access(path, W_OK) == 0 else {
                throw Fault(
                    "doctor.heads", .ourselves, "Heads cannot be kept in \(path): missing folder, or not writable.",
                    remedy: "Make it, owned by the service's user, best on another volume or machine.")
            }
        }
    }

    /// A delivery without heads, signed like any other: the receiver is there, is trusted, and takes our signature.
    private func examineWebhook(_ text: String, _ secret: SecretSource, _ caFile: String?) async -> [Finding] {
        let host = PublicURL(text)?.host ?? text
        let sent = clock()
        do {
            guard let url = PublicURL(text) else {
                throw Fault("doctor.webhook", .caller, "\(text) is not an address.", remedy: "Name an https URL.")
            }
            let answer = try await HeadDelivery(url: url, secret: try secret.load(), caFile: caFile)
                .send([], at: sent)
            let reached = Finding(
                subject: "heads", isGood: true, detail: "\(host) takes deliveries, by an empty one just now")
            guard let date = answer.header("Date").flatMap(Self.date) else { return [reached] }
            return [reached, compareClock(with: host, date, sent: sent)]
        } catch {
            return [
                Finding(
                    subject: "heads", isGood: false,
                    detail: "\(host) takes no deliveries: \(error) See journal.sinks: the address, the authority that "
                        + "signed its certificate, and the secret have to be the receiver's.")
            ]
        }
    }
}
