import ArgumentParser
import Foundation
import Gateway
import Vocabulary

/// The command line. Exit status 0 is done, 1 refused or failed with a sentence on standard error, 2 wrong usage.
@main
struct Gatehouse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "From any directory to a decision you can explain.",
        version: GatehouseVersion.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Running",
                subcommands: [
                    ServeCommand.self, DemoCommand.self, InitCommand.self, ConfigCommand.self, DoctorCommand.self,
                ]),
            CommandGroup(
                name: "People and access",
                subcommands: [
                    UserCommand.self, SessionCommand.self, GroupCommand.self, OrganizationCommand.self,
                    RoleCommand.self, MappingCommand.self, PolicyCommand.self, GovernedCommand.self,
                    ServiceAccountCommand.self, ClientCommand.self, SignalCommand.self,
                    APIKeyCommand.self, TenantCommand.self,
                ]),
            CommandGroup(
                name: "Entitlements",
                subcommands: [
                    EntitlementCommand.self, DutyCommand.self, RiskCommand.self, ApprovalCommand.self,
                    WorkflowCommand.self,
                    CampaignCommand.self, BirthrightCommand.self, TargetCommand.self,
                ]),
            CommandGroup(
                name: "Directories",
                subcommands: [ProviderCommand.self, SyncCommand.self, SAMLCommand.self, NATSCommand.self]),
            CommandGroup(
                name: "Decisions",
                subcommands: [DecideCommand.self, ExplainCommand.self, ReservationCommand.self, DecisionCommand.self]),
            CommandGroup(
                name: "Records",
                subcommands: [AuditCommand.self, ReportCommand.self, DatabaseCommand.self, KeyCommand.self]),
        ])

    static func main() async {
        // Whatever this program writes (rows, exports, keys) is nobody else's to read.
        umask(0o077)
        // A limit on the size of files refuses a write then, which is answered and seen, and ends no process.
        signal(SIGXFSZ, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            finish(with: error)
        }
    }

    private static func finish(with error: any Error) -> Never {
        switch error {
        case let fault as Fault:
            Console.error(fault.description)
            Foundation.exit(1)
        case let faults as ConfigurationFaults:
            Console.error("\(faults)")
            Foundation.exit(1)
        case let refusal as CommandRefusal:
            if let message = refusal.message { Console.error(message) }
            Foundation.exit(1)
        default: break
        }
        // What is left is the parser's own (help, version, a wrong option) and what nobody expected.
        let code = exitCode(for: error)
        if code == .success {
            Console.line(message(for: error))
            Foundation.exit(0)
        }
        Console.error(code == .validationFailure ? fullMessage(for: error) : "\(error)")
        Foundation.exit(code == .validationFailure ? 2 : 1)
    }
}

/// A command that was understood and refused, or that failed; `message` nil when everything has been said already.
struct CommandRefusal: Error {
    let message: String?

    init(_ message: String? = nil) { self.message = message }
}
