import Logging
import SAML
import Vocabulary

/// What an application is answered that came by SOAP.
public struct SOAPAnswer: Sendable, Hashable {
    public let document: [UInt8]
    /// A fault of SOAP, which goes with the status 500 (SOAP 1.1 §6.2).
    public let isFault: Bool
}

/// Artifact resolution (SAML Core §3.5, Profiles §5).
extension SAMLArtifacts {
    /// Answers an `ArtifactResolve`. It has to be signed by the application it says it is of, so that nobody else fetches what
    /// is said of people; what an artifact does not stand for, or not any more, or for another application, is answered with
    /// success and nothing in it (§3.5.3).
    ///
    /// - Parameter body: the envelope as it came.
    /// - Throws: what the store and the keys throw.
    public func answer(_ body: [UInt8], in tenant: TenantID) async throws -> SOAPAnswer {
        do {
            return try await resolve(body, in: tenant)
        } catch let error as SAMLError where error.reason == .busy {
            throw Fault("saml.busy", .ourselves, "Too many messages are being looked at.", remedy: "Try again later.")
        } catch let error as SAMLError {
            logger.notice("an artifact was not resolved", metadata: ["reason": .string(error.reason.rawValue)])
            return try await fault()
        } catch let fault as MessageFault {
            logger.notice("an artifact was not resolved", metadata: ["reason": .string(fault.code.rawValue)])
            return try await self.fault()
        }
    }

    private func resolve(_ body: [UInt8], in tenant: TenantID) async throws -> SOAPAnswer {
        let message = SOAPMessage(body)
        let executor = try saml.executor()
        let claimed = try await executor.run { try message.claimedIssuer(of: .artifactResolve) }
        let application = claimed.flatMap { applications.application($0, in: tenant) }
        let keys = await keys(of: application)
        let policy = saml.algorithms.believed
        let examined = try await executor.run {
            try message.examined(as: .artifactResolve, keys: keys, policy: policy)
        }
        let question = try ArtifactResolve(reading: examined.message)
        guard let application, examined.signature == .verified, isForUs(question, of: application) else {
            logger.notice(
                "an artifact was not resolved",
                metadata: [
                    "reason": .string(Self.word(examined.signature)),
                    "application": "\(application?.id.description ?? "none")",
                ])
            return try await answer(question, Status(.requester, .requestDenied), nil, in: tenant, isSigned: false)
        }
        let found = try await take(question.artifact, by: application)
        if found == nil {
            logger.notice("an artifact stands for nothing", metadata: ["application": "\(application.id)"])
        }
        return try await answer(question, .success, found, in: tenant, isSigned: true)
    }

    /// Why a question is not answered, for the log.
    private static func word(_ signature: ArrivalSignature) -> String {
        switch signature {
        case .none: "unsigned"
        case .verified: "not_for_us"
        case .invalid(let error): error.reason.rawValue
        }
    }

    private func isForUs(_ question: ArtifactResolve, of application: SAMLApplication) -> Bool {
        let header = question.header
        let place = saml.artifactEndpoint(of: application.tenant).endpoint.location
        return header.issuer == application.entityID && header.destination.map { $0 == place } ?? true
            && abs(header.issueInstant - clock().seconds) <= Self.skew
    }

    /// The keys that the application signs with; none where it is not known, is switched off, or has no metadata.
    private func keys(of application: SAMLApplication?) async -> [SAMLVerificationKey] {
        guard let application, !application.isDisabled, let entity = try? await application.entity(),
            let role = entity.serviceProvider(at: clock().seconds, skew: Self.skew)
        else { return [] }
        return role.role.signingKeys.filter(\.isStrong).compactMap { try? $0.verificationKey() }
    }

    /// Only who has proved who they are is answered with a signature: one for everybody would be work that anybody could give.
    private func answer(
        _ question: ArtifactResolve, _ status: Status, _ response: [UInt8]?, in tenant: TenantID, isSigned: Bool
    ) async throws -> SOAPAnswer {
        let header = MessageHeader(
            id: MessageHeader.id(random: Randomness.bytes(20)), issueInstant: clock().seconds,
            issuer: saml.entityID(of: tenant), inResponseTo: question.header.id)
        let key = isSigned ? try saml.keys().first?.signing : nil
        let document = try await saml.executor().run {
            let message = try response.map { try XMLReader.parse($0) }
            let element = try ArtifactResponse(header, status: status, message: message).element()
            return try SOAPEnvelope.bytes(around: element, signedWith: key)
        }
        return SOAPAnswer(document: document, isFault: false)
    }

    private func fault() async throws -> SOAPAnswer {
        let document = try await saml.executor().run {
            try XMLWriter.bytes(of: SOAPEnvelope.fault(.client, "The message cannot be used."))
        }
        return SOAPAnswer(document: document, isFault: true)
    }
}
