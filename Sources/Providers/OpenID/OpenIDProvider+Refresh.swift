import Fetch
import Identity
import OAuth
import Vocabulary

extension OpenIDProvider {
    /// Asks the provider again who somebody is (RFC 6749 §6, OpenID Connect Core §12).
    ///
    /// - Parameter assertionID: fresh random text, for a client that proves itself by a key.
    public func refresh(_ kept: KeptTokens, assertionID: String) async -> OpenIDRefresh {
        do {
            let client = try await client()
            let request = UpstreamTokenRequest.refresh(
                kept.refreshToken, client: client, proof: try proof(client, assertionID))
            let answer = try await send(request)
            let tokens = try UpstreamTokens(
                status: answer.status, contentType: answer.header("content-type"), body: answer.body)
            var next = kept
            // RFC 6749 §6: where there is no new one the old one stays.
            if let token = tokens.refreshToken { next.refreshToken = token }
            // From here on the old one may be spent: whatever else fails, the new one is kept.
            return .refreshed(next, await read(tokens, kept, client))
        } catch let fault as UpstreamFault where fault.reason == .refused && fault.detail == "invalid_grant" {
            return .ended
        } catch let fault as UpstreamFault {
            return .unavailable(fault.reason.rawValue)
        } catch let failure as Unavailable {
            return .unavailable(failure.word)
        } catch {
            return .unavailable((error as? Fault)?.code ?? "upstream.failed")
        }
    }

    private func read(_ tokens: UpstreamTokens, _ kept: KeptTokens, _ client: UpstreamClient) async -> OpenIDReading {
        // §12.2: an ID token need not come with it.
        guard let text = tokens.idToken else { return .nothing }
        do {
            var evidence = Evidence()
            let idToken = try await holding(to: client) { keys in
                try VerifiedIDToken.verifyRefreshed(
                    text, of: (kept.issuer, kept.subject), client: client, keys: keys, accessToken: tokens.accessToken,
                    now: seconds)
            }
            evidence.idToken = idToken
            evidence.userInfo = try await userInfo(idToken, client, tokens.accessToken)
            try await askService(&evidence, tokens.accessToken)
            return .identity(try ClaimMapping(settings).identity(evidence))
        } catch let fault as UpstreamFault {
            return .refused(fault.reason.rawValue)
        } catch let failure as Unavailable {
            return .refused(failure.word)
        } catch {
            return .refused((error as? Fault)?.code ?? "upstream.failed")
        }
    }

    /// Tells the provider that what it gave is not needed any more (RFC 7009).
    ///
    /// - Returns: whether it took that; false also where it has no place for it.
    public func revoke(_ kept: KeptTokens, assertionID: String) async -> Bool {
        guard let client = try? await client(), let proof = try? proof(client, assertionID),
            let request = UpstreamTokenRequest.revocation(kept.refreshToken, client: client, proof: proof),
            let answer = try? await send(request)
        else { return false }
        return answer.status == 200
    }
}
