/// A form of a page: where it goes, and what it holds before anybody types. Enough HTML for our own pages, no more.
public struct HTMLForm: Sendable {
    public let action: String
    public let fields: [String: String]

    /// All forms of a page, in order.
    public static func all(in page: String) -> [HTMLForm] {
        page.matches(of: /<form([^>]*)>(.*?)<\/form>/.dotMatchesNewlines()).map { match in
            var fields: [String: String] = [:]
            for input in match.output.2.matches(of: /<(?:input|button)([^>]*)>/) {
                guard let name = attribute("name", in: input.output.1) else { continue }
                let isChoice = ["radio", "checkbox"].contains(attribute("type", in: input.output.1))
                // Of several choices the one that is marked counts, else the first.
                if isChoice, fields[name] != nil, !input.output.1.contains(" checked") { continue }
                fields[name] = attribute("value", in: input.output.1) ?? ""
            }
            for area in match.output.2.matches(of: /<textarea([^>]*)>\n?(.*?)<\/textarea>/.dotMatchesNewlines()) {
                guard let name = attribute("name", in: area.output.1) else { continue }
                fields[name] = plain(area.output.2)
            }
            for list in match.output.2.matches(of: /<select([^>]*)>(.*?)<\/select>/.dotMatchesNewlines()) {
                guard let name = attribute("name", in: list.output.1) else { continue }
                let options = list.output.2.matches(of: /<option([^>]*)>/).map(\.output.1)
                let chosen = options.first { $0.contains(" selected") } ?? options.first
                fields[name] = chosen.flatMap { attribute("value", in: $0) } ?? ""
            }
            return HTMLForm(action: attribute("action", in: match.output.1) ?? "", fields: fields)
        }
    }

    private static func attribute(_ name: String, in tag: Substring) -> String? {
        for match in tag.matches(of: /([a-z-]+)="([^"]*)"/) where match.output.1 == name {
            return plain(match.output.2)
        }
        return nil
    }

    /// Text without the escapes that pages of ours use.
    public static func plain(_ text: Substring) -> String {
        [
            ("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&#x2F;", "/"), ("&#x3D;", "="),
            ("&amp;", "&"),
        ]
        .reduce(String(text)) { $0.replacing($1.0, with: $1.1) }
    }
}
