/// The cookies of a browser, by where they came from. Enough for cookies of our own, which are all for one host and path.
public struct CookieJar: Sendable, ExpressibleByDictionaryLiteral {
    private var held: [String: [String: String]] = [:]

    /// By place, then by name.
    public init(dictionaryLiteral elements: (String, [String: String])...) {
        for (place, cookies) in elements { held[place] = cookies }
    }

    /// Keeps or removes what one `Set-Cookie` says (RFC 6265 §5.3); what is no pair says nothing.
    public mutating func keep(_ line: String, from place: String) {
        let parts = line.split(separator: ";").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard let pair = parts.first?.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false),
            pair.count == 2
        else { return }
        let isRemoved = pair[1].isEmpty || parts.contains { $0.lowercased() == "max-age=0" }
        held[place, default: [:]][String(pair[0])] = isRemoved ? nil : String(pair[1])
    }

    /// The value of `Cookie` for a request there; nil where nothing is held.
    public func header(for place: String) -> String? {
        guard let cookies = held[place], !cookies.isEmpty else { return nil }
        return cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
    }

    /// The cookies of one place by name; all that is held where it is set.
    public subscript(place: String) -> [String: String]? {
        get { held[place] }
        set { held[place] = newValue }
    }
}
