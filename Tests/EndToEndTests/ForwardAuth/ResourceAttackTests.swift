import Foundation
import Gateway
import Identity
import JOSE
import OAuth
import Testing
import Vocabulary

/// What somebody tries who has a token, or half of one, at an application behind a real nginx.
@Suite("Attacks with access tokens behind a real nginx", .serialized)
struct ResourceAttackTests {
    typealias Stage = ForwardAuthStage

    @Test func aBoundTokenOpensOnceWithEachProofOfItsKey() async throws {
        try await Stage.run { stage in
            let program = ResourceClient(stage: stage, key: try SigningKey.generate(.es256))
            for client in ["cli", "signing"] {
                let told = try await program.tokens(client, for: Stage.strict)
                #expect(told["token_type"]?.text == "DPoP")
                let token = try #require(told["access_token"]?.text)
                let address = program.resource(Stage.strict) + "/headers"
                func ask(
                    _ proof: String?, scheme: String = "DPoP", _ target: String = "/headers", _ more: [String] = []
                ) async throws -> CurlBrowser.Answer {
                    let proofs = proof.map { ["DPoP: \($0)"] } ?? []
                    return try await program.ask(
                        Stage.strict, target, with: ["Authorization: \(scheme) \(token)"] + proofs + more)
                }
                let first = try program.proof("GET", address, token: token)
                let good = try await ask(first)
                #expect(good.status == 200, "\(good)")
                let received = try ResourceClient.received(good)
                // It is configured to be given the token, and not the proof.
                #expect(received["authorization"] == "DPoP \(token)" && received["dpop"] == nil)
                #expect(received["x-gatehouse-user"] == "ada")
                // RFC 9449 §11.1: the same proof again.
                let replayed = try await ask(first)
                #expect(replayed.status == 401)
                #expect(replayed["WWW-Authenticate"]?.contains("invalid_dpop_proof") == true)
                // The query is no part of `htu`.
                #expect(
                    try await ask(program.proof("GET", address, token: token), "/headers?a=b").status == 200)
                let wrong: [(String, String?)] = [
                    ("none", nil), ("of another method", try program.proof("POST", address, token: token)),
                    ("of another path", try program.proof("GET", address + "/x", token: token)),
                    (
                        "of another host",
                        try program.proof("GET", program.resource(Stage.api) + "/headers", token: token)
                    ),
                    ("of the gateway", try program.proof("GET", program.resource(Stage.gate) + "/auth/verify")),
                    ("in the clear", try program.proof("GET", "http://\(Stage.strict)/headers", token: token)),
                    ("without the token", try program.proof("GET", address)),
                    ("of another token", try program.proof("GET", address, token: token + "x")),
                    ("old", try program.proof("GET", address, token: token, age: 600)),
                    (
                        "of another key",
                        try program.proof("GET", address, token: token, with: SigningKey.generate(.es256))
                    ),
                ]
                for (name, proof) in wrong {
                    let answer = try await ask(proof)
                    #expect(answer.status == 401, "\(name) \(answer.status)")
                    let challenge = answer["WWW-Authenticate"] ?? ""
                    #expect(challenge.hasPrefix("DPoP error="), "\(name) \(challenge)")
                }
                // What the request says of itself beside its line changes nothing about the address (§4.3).
                let elsewhere = try program.proof("POST", "https://evil.test/headers", token: token)
                let forged = [
                    "X-Forwarded-Host: evil.test", "X-Forwarded-Proto: https", "X-Original-Method: POST",
                    "X-Original-URI: /headers", "Forwarded: host=evil.test;proto=https", "X-HTTP-Method-Override: POST",
                ]
                #expect(try await ask(elsewhere, "/headers", forged).status == 401)
                // Two proofs, and the bound token as if it were not.
                let two = try program.proof("GET", address, token: token)
                let twice = try await ask(
                    two, "/headers", ["DPoP: " + (try program.proof("GET", address, token: token))])
                #expect([400, 401].contains(twice.status))
                #expect(try await ask(program.proof("GET", address, token: token), scheme: "Bearer").status == 401)
                #expect(try await ask(nil, scheme: "Bearer").status == 401)
            }
            // One that is not bound is not taken there, whoever got it.
            let loose = try await ResourceClient(stage: stage).tokens(for: Stage.strict)["access_token"]?.text ?? ""
            let answer = try await program.ask(Stage.strict, with: ["Authorization: Bearer \(loose)"])
            #expect(answer.status == 401 && answer["WWW-Authenticate"]?.contains("invalid_token") == true)
        }
    }

    @Test func aPolicyThatRefusesABoundTokenSaysSoOnceAndForThatProof() async throws {
        try await Stage.run { stage in
            let program = ResourceClient(stage: stage, key: try SigningKey.generate(.es256))
            let token = try await program.tokens(for: Stage.strict)["access_token"]?.text ?? ""
            let proof = try program.proof("GET", program.resource(Stage.strict) + "/restricted", token: token)
            let answer = try await program.ask(
                Stage.strict, "/restricted", with: ["Authorization: DPoP \(token)", "DPoP: \(proof)"])
            #expect(answer.status == 403)
            #expect(try JSONObject(parsing: Array(answer.body.utf8))["code"]?.text == "no_matching_rule")
            #expect(
                try await program.ask(
                    Stage.strict, "/restricted", with: ["Authorization: DPoP \(token)", "DPoP: \(proof)"]
                ).status == 401)
        }
    }

    @Test func aNonceReachesTheProgramThroughTheProxy() async throws {
        try await Stage.run(oauth: "oauth: { dpop_nonce: true }") { stage in
            let key = try SigningKey.generate(.es256)
            let program = ResourceClient(stage: stage)
            let token = try await program.tokens()["access_token"]?.text ?? ""
            // Any proof gets the nonce that the next one needs (RFC 9449 §9).
            let bound = ResourceClient(stage: stage, key: key)
            let proof = try bound.proof("GET", program.resource(Stage.api) + "/headers", token: token)
            let answer = try await bound.ask(Stage.api, with: ["Authorization: DPoP \(token)", "DPoP: \(proof)"])
            #expect(answer.status == 401 && answer["DPoP-Nonce"]?.isEmpty == false, "\(answer.headers)")
            #expect(answer["WWW-Authenticate"]?.contains("use_dpop_nonce") == true)
        }
    }

    @Test func madeUpHeadersBesideATokenDoNotReachTheApplication() async throws {
        try await Stage.run { stage in
            let program = ResourceClient(stage: stage)
            let token = try await program.tokens()["access_token"]?.text ?? ""
            let forged = [
                "X-Gatehouse-User: root", "X-Gatehouse-Subject: root", "x-gatehouse-client: root",
                "X-Gatehouse-Scope: root", "X_Gatehouse_Client: root", "X-Gatehouse_Scope: root",
                "X-Gatehouse-Roles: root", "X-Gatehouse-Authorization: Bearer root", "X-Original-URI: /root",
                "X-Original-Method: root", "X-Forwarded-Host: root.test", "X-Forwarded-For: 10.0.0.1",
                "Proxy-Authorization: Bearer root", "X-HTTP-Method-Override: root", "DPoP: root",
            ]
            let without = forged.filter { !$0.hasPrefix("DPoP") && !$0.hasPrefix("Proxy") }
            let answer = try await program.ask(Stage.api, with: ["Authorization: Bearer \(token)"] + without)
            #expect(answer.status == 200, "\(answer)")
            #expect(!answer.body.contains("root") && !answer.body.contains("10.0.0.1"), "\(answer.body)")
            #expect(!answer.body.contains(token))
            // For a session there is no client and no scope, and a browser cannot make one up.
            let browser = try await stage.signedIn()
            let page = try await browser.open(Stage.api, "/headers")
            #expect(page.status == 200)
            let seen = try await program.ask(Stage.api, with: without, in: browser)
            #expect(seen.status == 200 && !seen.body.contains("root"), "\(seen.body)")
            let received = try ResourceClient.received(seen)
            #expect(received["x-gatehouse-user"] == "ada")
            #expect(received["x-gatehouse-client"] == nil && received["x-gatehouse-scope"] == nil)
            #expect(received["authorization"] == nil)
            // A broken proof beside a bearer token is a broken request.
            #expect(
                try await program.ask(Stage.api, with: ["Authorization: Bearer \(token)", "DPoP: root"]).status == 401)
        }
    }

    // A token is shown by somebody who means it; a cookie is sent by itself.
    @Test func ofACookieAndATokenTheTokenCountsAndNothingFallsBack() async throws {
        try await Stage.run { stage in
            let program = ResourceClient(stage: stage)
            let mallory = try await program.tokens(as: "mallory")["access_token"]?.text ?? ""
            let browser = stage.browser()
            let page = try await browser.open(Stage.api, "/headers")
            #expect(try await browser.signIn(page, "ada", Stage.password).status == 200)
            func user(_ headers: [String]) async throws -> String? {
                let answer = try await program.ask(Stage.api, with: headers, in: browser)
                return answer.status == 200
                    ? try ResourceClient.received(answer)["x-gatehouse-user"] : "\(answer.status)"
            }
            #expect(try await user([]) == "ada")
            #expect(try await user(["Authorization: Bearer \(mallory)"]) == "mallory")
            for header in ["Bearer gh_at_\(String(repeating: "A", count: 43))", "Basic YTpi", "Bearer", "x"] {
                #expect(try await user(["Authorization: \(header)"]) == "401", "\(header)")
            }
            // An application that takes none goes on as it always has.
            let other = try await stage.signedIn()
            #expect(
                try await program.ask(Stage.vault, with: ["Authorization: Bearer \(mallory)"], in: other).status == 200)
            let nobody = try await program.ask(Stage.vault, with: ["Authorization: Bearer \(mallory)"])
            #expect(nobody.status == 401)
        }
    }

    @Test func whoeverIsDisabledHasNoTokenLeft() async throws {
        try await Stage.run { stage in
            let program = ResourceClient(stage: stage)
            let caller = try TestGateway.operatorCaller(stage.gateway, tenant: "default")
            for client in ["cli", "signing"] {
                let told = try await program.tokens(
                    client, scope: "openid offline_access pages:read", as: client == "cli" ? "ada" : "mallory")
                let token = told["access_token"]?.text ?? ""
                #expect(try await program.ask(Stage.api, with: ["Authorization: Bearer \(token)"]).status == 200)
                let person = try await stage.gateway.people.person(
                    named: client == "cli" ? "ada" : "mallory", in: caller.tenant)
                try await stage.gateway.people.disable(person.id, .administrator, by: caller)
                let answer = try await program.ask(Stage.api, with: ["Authorization: Bearer \(token)"])
                #expect([401, 403].contains(answer.status), "\(client) \(answer.status)")
            }
        }
    }

    // Nobody but the proxy asks, and nothing is asked of an application that is not there.
    @Test func theGatewayItselfTakesNoTokenForAnApplication() async throws {
        try await Stage.run { stage in
            let program = ResourceClient(stage: stage)
            let token = try await program.tokens()["access_token"]?.text ?? ""
            for path in ["/account", "/api/v1/people", "/oauth2/userinfo"] {
                let answer = try await program.ask(Stage.gate, path, with: ["Authorization: Bearer \(token)"])
                #expect([302, 303, 401, 403].contains(answer.status), "\(path) \(answer.status)")
            }
            let verify = try await program.ask(
                Stage.gate, "/auth/verify",
                with: [
                    "Authorization: Bearer \(token)", "X-Original-Method: GET", "X-Original-URI: /headers",
                    "X-Forwarded-Host: \(Stage.api)",
                ])
            #expect(verify.status == 403)
        }
    }
}
