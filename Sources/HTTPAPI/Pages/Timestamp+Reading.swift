import Vocabulary

extension Timestamp {
    /// For people: `21 Nov 2026, 07:48 UTC`.
    var reading: String {
        // RFC 3339 has fixed places: 2026-11-21T07:48:33Z.
        let text = Array(rfc3339)
        guard text.count >= 16, let month = Int(String(text[5...6])), let day = Int(String(text[8...9])),
            (1...12).contains(month)
        else { return rfc3339 }
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(day) \(names[month - 1]) \(String(text[0...3])), \(String(text[11...15])) UTC"
    }
}
