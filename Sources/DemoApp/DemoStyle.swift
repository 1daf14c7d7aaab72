import Hummingbird
import NIOCore

/// The one style sheet, in the gateway's calm colours, light and dark.
enum DemoStyle {
    static func response() -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/css; charset=utf-8", .cacheControl: "public, max-age=3600"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: sheet)))
    }

    static let sheet = """
        :root{color-scheme:light dark;--ground:#f4f3ef;--card:#fff;--ink:#1d2528;--soft:#566066;--line:#d8d6ce;
        --accent:#1f5b4d;--accent-ink:#fff;--accent-soft:#e3efeb}
        @media (prefers-color-scheme:dark){:root{--ground:#14191b;--card:#1d2427;--ink:#e9ecea;--soft:#a8b2b3;
        --line:#343d40;--accent:#7fcdb6;--accent-ink:#0e1e19;--accent-soft:#20352f}}
        *{box-sizing:border-box}
        html{font:100%/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif}
        body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:var(--ground);color:var(--ink);
        overflow-wrap:anywhere}
        header{display:flex;align-items:center;gap:12px;padding:14px 20px;border-bottom:1px solid var(--line);
        background:var(--card)}
        .site{font-weight:650;margin-right:auto}
        main{width:100%;max-width:640px;margin:0 auto;padding:40px 16px 24px;flex:1}
        .card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:28px;
        box-shadow:0 1px 2px rgb(0 0 0/4%),0 8px 24px rgb(0 0 0/4%)}
        h1{font-size:1.5rem;line-height:1.25;margin:0 0 8px;letter-spacing:-.01em}
        .lead{color:var(--soft);margin:0 0 20px}
        .facts{margin:0}.facts div{display:grid;grid-template-columns:minmax(96px,30%) 1fr;gap:12px;padding:7px 0}
        .facts dt{color:var(--soft)}.facts dd{margin:0}
        .badges{list-style:none;display:flex;flex-wrap:wrap;gap:6px;margin:0;padding:0}
        .badge{background:var(--accent-soft);color:var(--accent);border-radius:99px;padding:2px 10px;font-size:.85rem;
        font-weight:600}
        .actions{display:flex;flex-wrap:wrap;gap:10px;margin:24px 0 0}
        a{color:var(--accent);text-underline-offset:3px}
        .button{font-weight:650;text-decoration:none;color:var(--accent-ink);background:var(--accent);
        border:1px solid var(--accent);border-radius:8px;padding:10px 18px;min-height:44px}
        .quiet{background:transparent;color:var(--accent);border-color:var(--line)}
        :focus-visible{outline:3px solid var(--accent);outline-offset:2px}
        footer{padding:20px;text-align:center;color:var(--soft);font-size:.85rem}
        @media (max-width:640px){main{padding-top:24px}.card{padding:20px}.facts div{grid-template-columns:1fr;gap:0}}

        """
}
