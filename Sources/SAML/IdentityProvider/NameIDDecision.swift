/// What name an answer carries.
public enum NameIDDecision: Sendable, Hashable {
    /// None: attributes name them.
    case none
    /// One for this answer only (SAML Core §8.3.8).
    case transient
    /// The one this person has at this service provider, or group of them, by `qualifier` (§8.3.7).
    ///
    /// - mayCreate: there may be made one where there is none.
    case persistent(qualifier: String, mayCreate: Bool)
    /// Their address.
    case emailAddress
    /// A format of somebody's own, with a value out of the directory.
    case other(format: String)
    case refuse(Status)
}

extension IdentityProviderSettings {
    /// Decides the kind of name: what an administrator settled, then what the request asks, then what the metadata lists,
    /// then what is liked best here.
    ///
    /// - Parameter affiliations: groups of service providers that this one belongs to, by name.
    public func nameID(
        for request: AcceptedRequest, peer: EntityDescriptor, policy: ServiceProviderPolicy = ServiceProviderPolicy(),
        affiliations: [String] = [], now: Int64
    ) -> NameIDDecision {
        let asked = request.nameIDPolicy
        let wanted = asked?.format.flatMap { Self.saysNothing($0) ? nil : $0 }
        // §3.4.1.1: a name for others is given to whoever belongs to them.
        if let group = asked?.spNameQualifier, !Exact.same(group, peer.entityID), !Exact.holds(affiliations, group) {
            return .refuse(Status(.requester, .invalidNameIDPolicy))
        }
        if let wanted, Exact.same(wanted, NameIDFormat.encrypted) {
            return .refuse(Status(.responder, .invalidNameIDPolicy))
        }
        if policy.omitsNameID { return wanted == nil ? .none : .refuse(Status(.responder, .invalidNameIDPolicy)) }
        if let wanted {
            let offered = nameIDFormats + [policy.nameIDFormat].compactMap { $0 }
            guard Exact.holds(offered, wanted) else { return .refuse(Status(.requester, .invalidNameIDPolicy)) }
            return decision(wanted, request, peer)
        }
        if let format = policy.nameIDFormat { return decision(format, request, peer) }
        let listed = (peer.serviceProvider(at: now, skew: skew)?.role.nameIDFormats ?? []).filter {
            !Self.saysNothing($0)
        }
        // §8.3: the first of the service provider's that is given here.
        let format = listed.first { Exact.holds(nameIDFormats, $0) } ?? nameIDFormats.first
        return format.map { decision($0, request, peer) } ?? .none
    }

    /// The kind of name for whoever asks for none.
    public func usualNameID(
        for peer: EntityDescriptor, policy: ServiceProviderPolicy, affiliations: [String] = [], now: Int64
    ) -> NameIDDecision {
        let request = AcceptedRequest(
            requestID: nil, serviceProvider: peer.entityID, consumer: "", answerBinding: .post, forcesAuthn: false,
            isPassive: false, nameIDPolicy: nil, authnContext: nil, scoping: nil, attributeServiceIndex: nil,
            isSigned: false)
        return nameID(for: request, peer: peer, policy: policy, affiliations: affiliations, now: now)
    }

    private static func saysNothing(_ format: String) -> Bool {
        format.isEmpty || Exact.same(format, NameIDFormat.unspecified)
    }

    private func decision(_ format: String, _ request: AcceptedRequest, _ peer: EntityDescriptor) -> NameIDDecision {
        switch format {
        case NameIDFormat.transient: .transient
        case NameIDFormat.persistent:
            // Nobody who did not ask is made a name for without a request, but where nobody could ask.
            .persistent(
                qualifier: request.nameIDPolicy?.spNameQualifier ?? peer.entityID,
                mayCreate: request.nameIDPolicy?.allowsCreation ?? true)
        case NameIDFormat.emailAddress: .emailAddress
        default: .other(format: format)
        }
    }
}

/// Makes the values of names.
public enum NameIDMaking {
    /// A name for one answer.
    ///
    /// - Parameter random: 16 octets or more, drawn for it.
    public static func transient(random: [UInt8], issuer: String, for qualifier: String) -> NameID {
        NameID(
            MessageHeader.id(random: random), format: NameIDFormat.transient, nameQualifier: issuer,
            spNameQualifier: qualifier)
    }

    /// A name that stays, of random octets: in Base32, so that no two differ by case only (IIP-IDP21).
    ///
    /// - Parameter random: 20 octets or more, drawn once for this person and service provider, and kept.
    public static func persistent(random: [UInt8], issuer: String, for qualifier: String) -> NameID {
        NameID(
            base32(random), format: NameIDFormat.persistent, nameQualifier: issuer, spNameQualifier: qualifier)
    }

    /// `pairwise-id` or `subject-id`: a unique part in Base32 and the scope.
    public static func scopedIdentifier(random: [UInt8], scope: String) -> String { base32(random) + "@" + scope }

    /// The unique part of such a name, or of a persistent one: no two differ by case only.
    ///
    /// - Parameter random: 20 octets or more, drawn once and kept.
    public static func uniquePart(random: [UInt8]) -> String { base32(random) }

    /// Base32 of RFC 4648 §6, without padding.
    static func base32(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        var (text, held, bits): ([UInt8], UInt32, UInt32) = ([], 0, 0)
        for byte in bytes {
            held = held << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                text.append(alphabet[Int(held >> (bits - 5) & 31)])
                bits -= 5
            }
            held &= (1 << bits) - 1
        }
        if bits > 0 { text.append(alphabet[Int(held << (5 - bits) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }
}
