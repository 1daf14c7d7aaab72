/// Writes the configuration that docs/nginx.md explains, for a folder and a port.
struct NginxText {
    let configuration: NginxConfiguration
    let folder: String
    let port: Int
    let isRoot: Bool

    var main: String {
        """
        \(isRoot ? "user root;" : "")
        daemon off;
        worker_processes 1;
        pid \(folder)/nginx.pid;
        error_log \(folder)/error.log warn;
        events { worker_connections 512; }
        http {
            access_log off;
            server_tokens off;
            default_type application/octet-stream;
            client_body_temp_path \(folder)/body;
            proxy_temp_path \(folder)/proxy;
            fastcgi_temp_path \(folder)/fastcgi;
            uwsgi_temp_path \(folder)/uwsgi;
            scgi_temp_path \(folder)/scgi;
            ssl_certificate \(configuration.certificatePath);
            ssl_certificate_key \(configuration.keyPath);
            ssl_protocols TLSv1.2 TLSv1.3;
            upstream gatehouse { server \(Self.authority(configuration.gateway)); keepalive 16; }
            server { listen 127.0.0.1:\(port) ssl default_server; server_name _; return 421; }
        \(configuration.sites.map(site).joined(separator: "\n"))
        }

        """
    }

    private static func authority(_ url: String) -> String {
        let rest = url.hasPrefix("http://") ? String(url.dropFirst(7)) : url
        return rest.hasSuffix("/") ? String(rest.dropLast()) : rest
    }

    private func site(_ site: NginxSite) -> String {
        """
            server {
                listen 127.0.0.1:\(port) ssl;
                server_name \(site.serverName);
        \(site.isProtected ? protected(site) : open(site))
            }
        """
    }

    private func open(_ site: NginxSite) -> String {
        """
                location / {
                    proxy_pass \(site.application);
                    proxy_http_version 1.1;
        \(forwarded)
                }
        """
    }

    private func protected(_ site: NginxSite) -> String {
        """
                location / {
                    auth_request /_gatehouse/verify;
                    auth_request_set $gatehouse_location $upstream_http_location;
        \(identity)
        \(site.takesTokens ? tokens : "")
                    error_page 401 = @gatehouse_login;
                    error_page 403 = @gatehouse_denied;
        \(silenced)
                    proxy_pass \(site.application);
                    proxy_http_version 1.1;
        \(forwarded)
                }
                location = /_gatehouse/verify {
                    internal;
                    proxy_pass http://gatehouse/auth/verify;
                    proxy_pass_request_body off;
                    proxy_set_header Content-Length "";
        \(question)
                }
                location @gatehouse_login {
        \(site.takesTokens ? challenge : "")
                    if ($gatehouse_location = "") { return 401; }
                    return 302 $gatehouse_location;
                }
                location @gatehouse_denied {
                    rewrite ^ /auth/denied break;
                    proxy_method GET;
                    proxy_pass http://gatehouse;
                    proxy_pass_request_body off;
                    proxy_set_header Content-Length "";
        \(question)
                }
                location ^~ /assets/gatehouse. {
                    proxy_pass http://gatehouse;
        \(question)
                }
                location /.gatehouse/ {
                    proxy_pass http://gatehouse;
        \(question)
                }
        \(site.takesTokens ? metadata : "")
        """
    }

    /// The token stays with the gateway, unless it says what the application is to have of it.
    private var tokens: String {
        """
                    auth_request_set $gatehouse_authorization $upstream_http_x_gatehouse_authorization;
                    proxy_set_header Authorization $gatehouse_authorization;
                    proxy_set_header DPoP "";
                    proxy_set_header X-Gatehouse-Authorization "";
                    auth_request_set $gatehouse_nonce $upstream_http_dpop_nonce;
                    add_header DPoP-Nonce $gatehouse_nonce always;
        """
    }

    private var challenge: String {
        """
                    add_header DPoP-Nonce $gatehouse_nonce always;
        """
    }

    private var metadata: String {
        """
                location ^~ /.well-known/oauth-protected-resource {
                    proxy_pass http://gatehouse;
        \(question)
                }
        """
    }

    private var question: String {
        """
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                    proxy_set_header X-Original-Method $request_method;
                    proxy_set_header X-Original-URI $request_uri;
        \(forwarded)
        """
    }

    private var forwarded: String {
        """
                    proxy_set_header Host $host;
                    proxy_set_header X-Forwarded-Proto $scheme;
                    proxy_set_header X-Forwarded-Host $host;
                    proxy_set_header X-Forwarded-For $remote_addr;
        """
    }

    /// What a browser could tell an application of a method or path other than the one that was decided on.
    private var silenced: String {
        [
            "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-Method", "X-Original-URI",
            "X-Original-URL", "X-Rewrite-URL", "Forwarded",
        ].map { "            proxy_set_header \($0) \"\";" }.joined(separator: "\n")
    }

    /// Each header is taken from the gateway's answer and replaces whatever the browser sent under its name.
    private var identity: String {
        configuration.identityHeaders.map { header in
            let name = header.lowercased().map { $0 == "-" ? "_" : String($0) }.joined()
            return """
                            auth_request_set $\(name) $upstream_http_\(name);
                            proxy_set_header \(header) $\(name);
                """
        }.joined(separator: "\n")
    }
}
