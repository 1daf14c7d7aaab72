import Vocabulary

extension PersonalSection {
    /// Who holds what the organization says about itself: the nil UUID (RFC 9562 §5.9), which names nobody. Its key is
    /// made and wrapped like a person's, so that a record needs no second form, and it is never erased alone.
    public static let tenantHolder = PersonID(high: 0, low: 0)

    /// A text of the organization itself: JSON, at most 64 KiB.
    public init(ofTenant name: String, plaintext: [UInt8]) {
        self.init(person: Self.tenantHolder, name: name, plaintext: plaintext)
    }

    /// The most bytes of one section's plaintext.
    public static let plaintextLimit = SealedSection.plaintextLimit
}
