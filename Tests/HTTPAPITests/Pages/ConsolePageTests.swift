import Testing
import Vocabulary

@testable import HTTPAPI

@Suite("Pages of the console")
struct ConsolePageTests {
    /// One of everything that a page can have.
    static var page: AdminPage {
        var page = AdminPage(
            heading: "People & <groups>", lead: "What a page can have.", trail: [.init("People", "/people")])
        page.notice = "The account is disabled."
        page.menu.chapters = [
            .init(name: "People", entries: [.init(label: "People", path: "/people", isCurrent: true)])
        ]
        let state = AdminValue.list([.badge("active", .good), AdminValue("<b>", to: "/people/1").hinted("ada")])
        let button = AdminAction("End", to: "/sessions/1/end", .post, isDanger: true, name: "End ada's session")
        page.blocks = [
            .figures([AdminFigure("People", "100,000", to: "/people")]),
            .filter(AdminFilter(at: "/people", [AdminField("search", "Name", value: "\"><b>")])),
            .table(
                AdminTable(
                    "People", columns: ["Name", "Do"], rows: [[state, AdminValue(lines: []).with([button])]],
                    next: "/people?cursor=x")),
            .table(AdminTable("Nobody", columns: ["Name"], rows: [], empty: "Nobody is here.")),
            .facts(AdminFacts("Profile", [("Login", .code("ada")), ("Since", AdminValue(Timestamp(seconds: 0)))])),
            .actions([AdminAction("Report", to: "/reports/1", .download), AdminAction("Edit", to: "/people/1")]),
            .form(form), .text(AdminText("Why", ["It is <so>."], tone: .caution)),
            .listing(AdminListing("Change", lines: [.init("same"), .init("<new>", .added), .init("old", .removed)])),
            .plot(AdminPlot("Risk", "It rose.", points: [.init("Monday", 10), .init("Friday", 40)], ceiling: 100)),
        ]
        page.seal { "token of \($0)" }
        return page
    }

    private static var form: AdminForm {
        AdminForm(
            to: "/people/1", title: "Change", lead: "Something.",
            fields: [
                AdminField("name", "Name", value: "<Ada>", hint: "As people say it.", isRequired: true),
                AdminField("rules", "Rules", .area(rows: 4, isCode: true), value: "\n<a>", limit: 4_000),
                AdminField("level", "Level", .choice([.init("low", "Low"), .init("high", "High")]), value: "high"),
                AdminField("sure", "Yes, I am sure", .check, value: "on"),
                AdminField("version", "", .hidden, value: "7"),
            ],
            buttons: [.init("Approve", adds: ("decision", "approve")), .init("Reject", isDanger: true)],
            cancel: "/people")
    }

    private func html(_ page: AdminPage) throws -> String { try PageRenderer(site: "Gatehouse").html(page) }

    @Test("every part is there, escaped, below the tenant's prefix, and every form has the token of its address")
    func parts() throws {
        var page = Self.page
        page.base = "/t/other/admin"
        let html = try html(page)
        for expected in [
            "<h1>People &amp; &lt;groups&gt;</h1>", "href=\"/t/other/admin/people\" aria-current=\"true\"",
            "value=\"token of /sessions/1/end\"", "action=\"/t/other/admin/sessions/1/end\"",
            "aria-label=\"End ada&#39;s session\"", "value=\"token of /people/1\"",
            "<option value=\"high\" selected>High</option>", "<ins>+ &lt;new&gt;</ins>", "<del>- old</del>",
            "name=\"decision\" value=\"approve\"", "href=\"/t/other/admin/people?cursor=x\" rel=\"next\"",
            "<span class=\"badge good\">active</span>", "Nobody is here.", "<polyline points=\"", "download",
            "<li aria-current=\"page\">People &amp; &lt;groups&gt;</li>", "role=\"status\">The account is disabled.",
        ] { #expect(html.contains(expected), "\(expected)") }
        #expect(!html.contains("href=\"/admin"))
        #expect(!html.contains("<b>"))
    }

    @Test("a refusal is said at its field, with what was typed still there")
    func refusal() throws {
        var page = Self.page
        page.refusal = AdminRefusal("It is taken.", field: "name")
        let html = try html(page)
        #expect(html.contains("aria-invalid=\"true\""))
        #expect(html.contains("aria-describedby=\"part-7-name-hint part-7-name-error\""))
        #expect(html.contains("<p class=\"wrong\" id=\"part-7-name-error\">It is taken.</p>"))
        #expect(html.matches(of: /aria-invalid/).count == 1, "and at no other")
        #expect(html.contains("role=\"alert\""))
    }

    @Test("a mark on a quotation mark does not hide it", arguments: ["\"", "<", ">", "&", "'"])
    func marks(_ special: String) throws {
        let escaped = PageContent().escapeText("a\(special)\u{301}b")
        #expect(!escaped.unicodeScalars.contains { $0 != "&" && String($0) == special }, "\(escaped)")
        #expect(escaped.utf8.starts(with: "a&".utf8) && escaped.utf8.contains(UInt8(ascii: ";")))
        let text = "Zoë — 日本語 👩‍👩‍👧 e\u{301}"
        #expect(Array(PageContent().escapeText(text).utf8) == Array(text.utf8), "what needs no escape stays as it is")
    }

    @Test("the templates escape by that rule, in the layout and in every part")
    func marksOnPages() throws {
        var page = AdminPage(heading: "\"\u{301}heading", trail: [.init("\"\u{301}step", "/x")])
        page.blocks = [
            .filter(AdminFilter(at: "/x", [AdminField("f", "\"\u{301}label", value: "\"\u{301}value")])),
            .facts(AdminFacts(nil, [("a", AdminValue("\"\u{301}fact", to: "/\"\u{301}path"))])),
            .actions([AdminAction("x", to: "/x", name: "\"\u{301}spoken")]),
        ]
        page.menu.chapters = [.init(name: "x", entries: [.init(label: "\"\u{301}entry", path: "/x", isCurrent: false)])]
        let html = try html(page)
        #expect(Array(html.utf8).firstRange(of: Array("\"\u{301}".utf8)) == nil)
        for word in ["heading", "step", "label", "value", "fact", "path", "spoken", "entry"] {
            #expect(html.contains("&quot;\u{301}\(word)"), "\(word)")
        }
        let message = MessagePage(.plain, "\"\u{301}head", "\"\u{301}lead")
        let plain = try PageRenderer(site: "\"\u{301}site").html(message)
        #expect(Array(plain.utf8).firstRange(of: Array("\"\u{301}".utf8)) == nil)
    }

    @Test("a plot stays inside its frame, whatever its numbers are")
    func plots() throws {
        for points in [[], [5.0], [0, 0], [100, 0, 250], Array(repeating: 1e9, count: 400), [-5, 1]] {
            let plot = AdminPlot("x", "y", points: points.map { .init("at", $0) }, ceiling: 100)
            let line = plot.values("id")["line"] as? String ?? ""
            for place in line.split(separator: " ") {
                let parts = place.split(separator: ",").compactMap { Double($0) }
                #expect(parts.count == 2 && (0...640).contains(parts[0]) && (0...200).contains(parts[1]), "\(place)")
            }
            #expect(plot.points.count <= AdminPlot.pointLimit)
        }
    }
}
