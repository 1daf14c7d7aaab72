import GatehouseClient
import HTTPTypes
import Hummingbird
import NIOCore

/// The pages. Every value is escaped where it is put into HTML.
struct DemoPages: Sendable {
    let title: String

    func home(_ person: ForwardedIdentity?) -> DemoPage {
        guard let person else { return nobody() }
        let name = person.name.isEmpty ? person.user : person.name
        let roles = person.roles.map { "<li class=\"badge\">\(HTML.escape($0))</li>" }.joined()
        let facts = [("User", person.user), ("Name", person.name), ("Mail", person.mail)]
            .filter { !$0.1.isEmpty }.map { "<div><dt>\($0.0)</dt><dd>\(HTML.escape($0.1))</dd></div>" }.joined()
        return page(
            "Hello, \(name)", person,
            """
            <p class="lead">You reached this application through the gateway. This is what it was told about you.</p>
            <dl class="facts">\(facts)<div><dt>Roles</dt><dd>\
            \(roles.isEmpty ? "none" : "<ul class=\"badges\">\(roles)</ul>")</dd></div></dl>
            <p class="actions"><a class="button" href="/restricted">Open the restricted page</a>
            <a class="button quiet" href="/sealed">Open the sealed page</a>
            <a class="button quiet" href="/ledger">Open the ledger</a>
            <a class="button quiet" href="/headers">See the headers</a></p>
            """)
    }

    func restricted(_ person: ForwardedIdentity?) -> DemoPage {
        guard let person else { return nobody() }
        return page(
            "Restricted", person,
            """
            <p class="lead">A policy decides who sees this page. It says yes to you.</p>
            <p class="actions"><a class="button quiet" href="/">Back to the start</a></p>
            """)
    }

    func sealed(_ person: ForwardedIdentity?) -> DemoPage {
        guard let person else { return nobody() }
        return page(
            "Sealed", person,
            """
            <p class="lead">This page is for those who have proven two factors. You have.</p>
            <p class="actions"><a class="button quiet" href="/">Back to the start</a></p>
            """)
    }

    func ledger(_ person: ForwardedIdentity?) -> DemoPage {
        guard let person else { return nobody() }
        return page(
            "Ledger", person,
            """
            <p class="lead">Somebody else has approved that you read this page.</p>
            <p class="actions"><a class="button quiet" href="/">Back to the start</a></p>
            """)
    }

    // Without an identity the page shows nothing but that: the proxy in front is missing or set up wrong.
    private func nobody() -> DemoPage {
        var page = page(
            "Nobody is signed in", nil,
            """
            <p class="lead">No trusted proxy said who you are. Please come in through the address of the gateway's
            proxy.</p>
            """)
        page.status = .forbidden
        return page
    }

    private func page(_ heading: String, _ person: ForwardedIdentity?, _ content: String) -> DemoPage {
        let site = HTML.escape(title)
        let signOut = person == nil ? "" : "<nav><a href=\"/.gatehouse/logout\">Sign out</a></nav>"
        return DemoPage(
            html: """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta name="color-scheme" content="light dark">
                <title>\(HTML.escape(heading)) · \(site)</title>
                <link rel="stylesheet" href="/demo.css">
                </head>
                <body>
                <header><span class="site">\(site)</span>\(signOut)</header>
                <main><article class="card"><h1>\(HTML.escape(heading))</h1>
                \(content)
                </article></main>
                <footer>Protected by Gatehouse</footer>
                </body>
                </html>

                """)
    }
}

/// A page ready to be sent.
struct DemoPage {
    var status = HTTPResponse.Status.ok
    let html: String

    init(html: String) { self.html = html }

    func response() -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }
}

enum HTML {
    /// For element content and quoted attribute values.
    static func escape(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { out, scalar in
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.unicodeScalars.append(scalar)
            }
        }
    }
}
