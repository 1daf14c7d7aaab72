import Foundation
import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// A browser's next step finds its flow in memory, and memory says no more than the rows do.
@Suite struct FlowMemoryTests {
    private func begin(_ bench: LoginBench) async throws -> (FlowID, LoginBrowser) {
        let stranger = LoginBrowser(tenant: bench.tenant, preSession: nil)
        guard case .begun(let secret, .show(let page)) = try await bench.login.begin(LoginBeginning(), from: stranger)
        else { throw Fault("test", .ourselves, "no login was begun") }
        return (page.flow, LoginBrowser(tenant: bench.tenant, preSession: secret))
    }

    @Test func `every step leaves in memory what its row holds, and a completed login leaves nothing`() async throws {
        let bench = try await LoginBench()
        let (flow, browser) = try await begin(bench)
        _ = try await bench.login.submit(.identifier("anna", provider: bench.local), to: flow, from: browser)
        let row = try #require(try await bench.store.read { try $0.loginFlow(flow, in: bench.tenant) })
        #expect(bench.login.flows.find(flow, in: bench.tenant, at: bench.now) == row)
        #expect(row.step == .password)
        let done = try await bench.login.submit(
            .password(login: "anna", LoginBench.password), to: flow, from: browser)
        #expect(done.completed != nil)
        #expect(bench.login.flows.count == 0)
    }

    @Test func `another tenant finds nothing`() async throws {
        let bench = try await LoginBench()
        let (flow, _) = try await begin(bench)
        #expect(bench.login.flows.find(flow, in: bench.tenant, at: bench.now) != nil)
        #expect(bench.login.flows.find(flow, in: TenantID(high: 9, low: 9), at: bench.now) == nil)
    }

    @Test func `a transaction that fails leaves memory as it was`() async throws {
        let bench = try await LoginBench()
        let (flow, _) = try await begin(bench)
        let before = try #require(bench.login.flows.find(flow, in: bench.tenant, at: bench.now))
        bench.login.flows.forgetAll()
        await #expect(throws: Fault.self) {
            try await bench.store.write(.login) { [flows = bench.login.flows] tx in
                flows.keep(before, after: tx)
                throw Fault("test", .ourselves, "no")
            }
        }
        #expect(bench.login.flows.count == 0)
    }

    @Test func `a flow that memory has forgotten goes on from its row`() async throws {
        let bench = try await LoginBench()
        let (flow, browser) = try await begin(bench)
        _ = try await bench.login.submit(.identifier("anna", provider: bench.local), to: flow, from: browser)
        bench.login.flows.forgetAll()
        let done = try await bench.login.submit(
            .password(login: "anna", LoginBench.password), to: flow, from: browser)
        #expect(done.completed != nil)
    }

    @Test func `a flow that was moved behind its back moves nowhere`() async throws {
        let bench = try await LoginBench()
        let (flow, browser) = try await begin(bench)
        try await bench.store.write(.login) { tx in
            _ = try tx.sql.execute("UPDATE login_flow SET revision = revision + 1 WHERE id = ?1", [.id(flow)])
        }
        await #expect(throws: Fault.self) {
            _ = try await bench.login.submit(.identifier("anna", provider: bench.local), to: flow, from: browser)
        }
    }

    @Test func `a flow that has expired and was swept away is over`() async throws {
        let bench = try await LoginBench()
        let (flow, browser) = try await begin(bench)
        bench.advance(.minutes(11))
        _ = try await bench.store.write(.spool) { try $0.sql.deleteExpiredFlows(at: $0.now, limit: 10) }
        let result = try await bench.login.submit(.identifier("anna", provider: bench.local), to: flow, from: browser)
        guard case .show(let view) = result, case .over = view.page else {
            Issue.record("\(result)")
            return
        }
    }
}
