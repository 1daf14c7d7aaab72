import Foundation
import Gateway
import Logging
import Vocabulary

/// Shows a new installation's set-up link once. On a terminal it is printed; a service's output ends in a log that others
/// read, so there it goes into a private file, and the log names the file only.
struct FirstLink {
    private let gateway: Gateway

    init(_ gateway: Gateway) { self.gateway = gateway }

    private var file: String { gateway.configuration.storage.directory + "/setup-link" }

    /// Never fails the start: `gatehouse user link setup` makes a link at any time.
    func show() async {
        do {
            guard let link = try await gateway.makeFirstSetupLink() else {
                if try await !gateway.hasOpenSetupLink() { unlink(file) }
                return
            }
            if Console.isTerminal { say(link) } else { try keep(link) }
        } catch {
            gateway.logger.error("no set-up link could be made", metadata: ["error": "\(error)"])
        }
    }

    private func say(_ link: SecretText) {
        Console.line(
            """

            Make the first administrator here. The link works once and is not shown again
            (`gatehouse user link setup` makes another):

              \(link.reveal())

            """)
    }

    private func keep(_ link: SecretText) throws {
        unlink(file)
        try Installation.writeSecret(link, to: file)
        gateway.logger.notice(
            "there is no administrator yet: open the one-time set-up link", metadata: ["file": "\(file)"])
    }
}
