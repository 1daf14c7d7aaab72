import Gateway
import HTTPTypes
import Hummingbird
import Identity
import Vocabulary

/// A signed-in person's request to the console, after its permission was checked.
struct AdminCall: Sendable {
    let account: AccountCall
    let gateway: Gateway
    /// The path's parameters, decoded.
    let parameters: [String: String]
    /// The address below `/admin`, as it was asked for.
    let place: String
    /// What was typed into the page's form, where it was just refused, and why it was.
    var refused: RefusedForm?

    struct RefusedForm: Sendable {
        let form: FormBody
        let refusal: AdminRefusal
    }

    var tenant: TenantID { account.call.tenant.id }
    /// On whose behalf services are called: the person, with the roles of this session.
    var caller: Caller { account.caller }
    var principal: Principal { ValidatedCredential.session(account.session).principal }
    var now: Timestamp { gateway.clock() }

    /// Whether this person may do this now, by the same decision as the API's: roles, policies, factors.
    func may(_ action: String, _ type: String) async throws -> Bool {
        try await gateway.management(of: principal, action, type, in: tenant) == .permitted
    }

    /// - Throws: `Refusal.forbidden` unless this person may do this now.
    func require(_ action: String, _ type: String) async throws {
        guard try await may(action, type) else { throw Refusal.forbidden(code: "management.not_permitted") }
    }

    // MARK: What the address names

    /// The text of the path of this name. Throws 404 where the route has none.
    func parameter(_ name: String) throws -> String {
        guard let text = parameters[name] else { throw Refusal.notFound }
        return text
    }

    /// An id of the path. Throws 404: what is no id names nothing.
    func id<Kind>(_ name: String, as kind: Identifier<Kind>.Type = Identifier<Kind>.self) throws -> Identifier<Kind> {
        guard let id = Identifier<Kind>(try parameter(name)) else { throw Refusal.notFound }
        return id
    }

    /// What a filter says; nil where it is absent or left empty.
    func filter(_ name: String) -> String? {
        guard let text = account.call.query[name], !text.isEmpty else { return nil }
        return text
    }

    /// A filter's word. Throws 400 for one that is not understood: it must not become none.
    func word<Word: RawRepresentable>(_ name: String) throws -> Word? where Word.RawValue == String {
        guard let text = filter(name) else { return nil }
        guard let word = Word(rawValue: text) else { throw APIRequest.unknown(name) }
        return word
    }

    /// What stands in a field of the page's form: what was typed where it was just refused, else what is stored.
    func value(_ field: String, stored: String = "") -> String { refused.map { $0.form[field] ?? "" } ?? stored }

    // MARK: Lists that come in pages

    /// Rows of a table, where nothing else is asked.
    static let pageLimit = 25

    /// The part of a list that is asked for by `?cursor=`; a cursor holds for this address, tenant and filter only.
    func page(_ limit: Int = AdminCall.pageLimit) throws -> PageRequest {
        try PageRequest(limit: nil, cursor: filter("cursor"), list: listLabel, mac: account.call.mac, standard: limit)
    }

    /// Cuts a list, read with one item more than shown, and answers where its next part is.
    func cut<Item>(
        _ items: [Item], _ page: PageRequest, by key: (Item) -> String
    ) throws -> (shown: [Item], next: String?) {
        let shown = Array(items.prefix(page.limit))
        guard items.count > page.limit, let last = shown.last else { return (shown, nil) }
        return (shown, try next(after: key(last)))
    }

    /// Where the part of this list is that begins behind a key.
    func next(after key: String) throws -> String {
        address(with: ["cursor": try Cursor(after: key).sealed(for: listLabel, mac: account.call.mac)])
    }

    /// Cuts a list that is held whole; `key` orders it and tells its items apart.
    func cut<Item>(
        whole items: [Item], _ page: PageRequest, by key: (Item) -> String
    ) throws -> (shown: [Item], next: String?) {
        let ordered = items.map { (key: key($0), item: $0) }.sorted { $0.key < $1.key }
        let rest = ordered.drop { entry in page.cursor.map { entry.key <= $0.after } ?? false }
        let (shown, next) = try cut(Array(rest.prefix(page.limit + 1)), page) { $0.key }
        return (shown.map(\.item), next)
    }

    /// This address with its filters, and these on top.
    func address(with more: [String: String] = [:]) -> String {
        let query = filters.merging(more) { _, new in new }.sorted { $0.key < $1.key }
        guard !query.isEmpty else { return place }
        return place + "?"
            + query.map { ASCII.percentEncode($0.key) + "=" + ASCII.percentEncode($0.value) }.joined(separator: "&")
    }

    private var filters: [String: String] {
        account.call.query.filter { !["cursor", "done"].contains($0.key) && !$0.value.isEmpty }
    }

    private var listLabel: String {
        let text = CanonicalJSON.encode(.object(filters.mapValues(AttributeValue.string)))
        return "admin:\(place):\(tenant):\(text)"
    }

    // MARK: Forms

    /// What a form's token is bound to, beside the session: the address it is posted to, ids and all.
    static func purpose(_ place: String) -> String { "admin:\(place)" }
}
