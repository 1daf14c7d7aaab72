import Gateway
import HTTPTypes
import Vocabulary

/// Runs a command that carries an `Idempotency-Key` once, and answers its repetitions
/// (draft-ietf-httpapi-idempotency-key-header §2.6, §2.7).
struct RepeatedCommand: Sendable {
    let ledger: CommandLedger

    /// The handler's answer, or the first one's.
    ///
    /// - Throws: 422 when the key was used for another request, 409 while the first is at work and where its answer is
    ///   not kept, and what the handler throws.
    func run(_ call: APIRequest) async throws -> APIResponse {
        guard let command = call.command, let tenant = call.tenant?.id else { throw Refusal.notFound }
        switch try await ledger.claim(command, request: Self.fingerprint(call), in: tenant) {
        case .claimed: return try await carryOut(call, command, tenant)
        case .answered(let bytes): return try APIResponse(kept: bytes)
        case .withoutAnswer:
            throw Fault(
                "idempotency.conflict", .caller,
                "The first request under this Idempotency-Key is at work or done, and its answer is not kept.")
        case .anotherRequest:
            throw Fault(
                "idempotency.unprocessable", .caller, "This Idempotency-Key was used for another request.")
        }
    }

    private func carryOut(_ call: APIRequest, _ command: CommandID, _ tenant: TenantID) async throws -> APIResponse {
        let answer: APIResponse
        do {
            answer = try await call.route.handler(call)
        } catch {
            // A refusal changed nothing. Of a failure of our own that is not certain: then the claim stands.
            let status = ErrorMapping.failure(for: error).problem.status
            if status < 500 || status == 503 { try? await ledger.release(command, in: tenant) }
            throw error
        }
        if call.route.repetition == .answered {
            // The command is done; that its answer cannot be repeated must not make it look failed.
            try? await ledger.keep(answer.kept, of: command, about: answer.person, in: tenant)
        }
        return answer
    }

    /// Everything that tells two requests apart, each part with its length before it.
    private static func fingerprint(_ call: APIRequest) -> [UInt8] {
        let caller = call.principal.map { "\($0.subject.kind):\($0.subject.id)" } ?? "os:\(call.operatorID)"
        let parameters = call.parameters.mapValues(AttributeValue.string)
        let query = call.query.mapValues(AttributeValue.string)
        let parts = [
            caller, call.route.operationID, CanonicalJSON.encode(.object(parameters)),
            CanonicalJSON.encode(.object(query)), call.ifMatch ?? "", call.body.map(CanonicalJSON.encode) ?? "",
        ]
        return parts.flatMap { Array("\($0.utf8.count):\($0)".utf8) }
    }
}

extension APIResponse {
    /// The answer as it is kept for repetitions.
    fileprivate var kept: [UInt8] {
        let members = json([
            "status": .integer(Int64(status.code)), "body": body, "version": etag.map { .integer($0.version) },
            "location": location.map(AttributeValue.string),
        ])
        return Array(CanonicalJSON.encode(members).utf8)
    }

    fileprivate init(kept bytes: [UInt8]) throws {
        let members = try StrictJSON.parse(bytes)
        self.init(
            HTTPResponse.Status(code: Int(members["status"]?.integer ?? 200)), body: members["body"],
            etag: members["version"]?.integer.map(EntityTag.init(version:)), location: members["location"]?.string)
    }
}
