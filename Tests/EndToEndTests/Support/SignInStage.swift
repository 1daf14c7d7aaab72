import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// A gateway whose people sign in somewhere else.
protocol SignInStage {
    var running: TestGateway { get }
}

extension SignInStage {
    var gateway: Gateway { running.gateway }

    /// How many sessions there are, whoever's.
    var sessions: Int { gateway.counts.sessions }

    func person(_ login: String) async throws -> Person? {
        guard let tenant = gateway.tenants.defaultTenant?.id else { return nil }
        return try? await gateway.people.person(named: login, in: tenant)
    }

    func newestSession(of login: String) async throws -> Session? {
        guard let person = try await person(login) else { return nil }
        return gateway.sessions.sessions(of: person.id, in: person.tenant).max { $0.createdAt < $1.createdAt }
    }

    /// What is decided of ada, in her newest session, about the handbook that `keepers` read.
    func mayRead(_ api: TestAPI) async throws -> AttributeValue? {
        let session = try #require(try await newestSession(of: "ada"))
        let question: AttributeValue = [
            "session": .string(session.id.description), "action": "read", "resource_type": "page",
            "resource": "/handbook",
        ]
        return try await api.send(.post, "/api/v1/decide", question).body?["decision"]
    }

    /// The role that those who read the handbook have by the group of this provider.
    static func keepers(of provider: String) -> String {
        """
        roles: [ { name: Keeper, permissions: [ { action: read, type: page } ] } ]
        mappings: [ { provider: \(provider), group: keepers, role: Keeper } ]
        """
    }
}
