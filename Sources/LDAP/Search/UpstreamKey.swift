/// The unchanging key a directory gives an entry, as text: what to remember a person or group by.
public enum UpstreamKey {
    /// The attributes to ask for, the preferred one first.
    public static let attributes = ["objectGUID", "entryUUID", "nsUniqueId"]

    /// The key of an entry in lower case: objectGUID (Active Directory), entryUUID (RFC 4530) or nsUniqueId (389).
    public static func text(of entry: LDAPEntry) -> String? {
        if let guid = entry.values("objectguid").first { return objectGUID(guid) }
        if let uuid = entry["entryuuid"] { return isUUID(uuid) ? uuid.lowercased() : nil }
        return entry["nsuniqueid"].map { $0.lowercased() }
    }

    /// The 8-4-4-4-12 form of an objectGUID. Its first three fields are little-endian (MS-DTYP §2.3.4.2).
    public static func objectGUID(_ bytes: [UInt8]) -> String? {
        guard bytes.count == 16 else { return nil }
        let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
        var text = ""
        for (place, index) in order.enumerated() {
            if [4, 6, 8, 10].contains(place) { text += "-" }
            text += hexPair(bytes[index])
        }
        return text
    }

    private static func isUUID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 36
            && bytes.enumerated().allSatisfy { index, byte in
                [8, 13, 18, 23].contains(index)
                    ? byte == UInt8(ascii: "-") : DistinguishedNameParser.hexDigit(byte) != nil
            }
    }
}
