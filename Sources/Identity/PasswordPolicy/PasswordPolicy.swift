import Vocabulary

/// What a local password must be like (NIST SP 800-63B-4 §3.1.1.2). Pure: the shell hands in what it looked up.
public struct PasswordPolicy: Hashable, Sendable {
    /// Fewest characters (code points after NFKC) where the password is the only factor.
    public var minimumLength: Int
    /// Fewest characters where a second factor is demanded beside it.
    public var minimumLengthWithSecondFactor: Int
    /// Most bytes of UTF-8, as typed and after NFKC.
    public var maximumBytes: Int
    /// How many former passwords may not come back; 0 for none. The present one may not either, unless this is 0.
    public var history: Int
    public var composition: PasswordComposition
    /// After this long a password has to be changed; nil, as NIST advises, for never.
    public var maximumAge: Duration?

    public init(
        minimumLength: Int = 15, minimumLengthWithSecondFactor: Int = 12, maximumBytes: Int = 1_024, history: Int = 5,
        composition: PasswordComposition = .init(), maximumAge: Duration? = nil
    ) {
        self.minimumLength = minimumLength
        self.minimumLengthWithSecondFactor = minimumLengthWithSecondFactor
        self.maximumBytes = maximumBytes
        self.history = history
        self.composition = composition
        self.maximumAge = maximumAge
    }

    /// Everything that stands against the candidate, in a fixed order; empty when it may be used.
    ///
    /// A candidate over the byte limit is judged by its length alone.
    public func evaluate(
        _ candidate: SecretText, _ context: PasswordContext, blockList: BlockList = .none
    ) -> [PasswordPolicyViolation] {
        let typed = candidate.reveal()
        guard typed.utf8.count <= maximumBytes else { return [.tooLong(maximumBytes: maximumBytes)] }
        let normal = PasswordText.normalized(typed)
        guard normal.utf8.count <= maximumBytes else { return [.tooLong(maximumBytes: maximumBytes)] }
        let scalars = Array(normal.unicodeScalars)
        var found = shape(scalars)
        found += guessability(PasswordText.folded(typed), context, blockList)
        found += composition.shortfalls(in: scalars)
        if scalars.count < minimum(context) {
            found.insert(.tooShort(minimum: minimum(context), found: scalars.count), at: 0)
        }
        if context.isReused { found.append(.reused(history: history)) }
        return found
    }

    /// Whether a password set at `changedAt` has to be changed by now.
    public func isExpired(changedAt: Timestamp, now: Timestamp) -> Bool {
        maximumAge.map { now >= changedAt + $0 } ?? false
    }

    /// Whether a password has the length it needs where it is the only factor.
    public func isLongEnoughAlone(_ typed: SecretText) -> Bool {
        guard typed.reveal().utf8.count <= maximumBytes else { return true }
        return PasswordText.normalized(typed.reveal()).unicodeScalars.count >= minimumLength
    }

    func minimum(_ context: PasswordContext) -> Int {
        context.hasSecondFactor ? minimumLengthWithSecondFactor : minimumLength
    }

    private func shape(_ scalars: [Unicode.Scalar]) -> [PasswordPolicyViolation] {
        // RFC 8265 §4.2.2 (OpaqueString) leaves out control characters.
        scalars.contains { $0.properties.generalCategory == .control } ? [.controlCharacter] : []
    }

    private func guessability(
        _ folded: String, _ context: PasswordContext, _ blockList: BlockList
    ) -> [PasswordPolicyViolation] {
        let scalars = Array(folded.unicodeScalars)
        var found: [PasswordPolicyViolation] = []
        if blockList.contains(folded: folded) { found.append(.blockListed) }
        if PasswordPattern.isRepetition(scalars) { found.append(.repetition) }
        if PasswordPattern.isSequence(scalars) { found.append(.sequence) }
        if context.isCompromised { found.append(.compromised) }
        return found + context.origins(in: folded).map { .contextWord($0) }
    }
}
