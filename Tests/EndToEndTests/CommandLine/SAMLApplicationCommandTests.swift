import Foundation
import Testing
import Vocabulary

@Suite("Applications that speak SAML by the command line", .timeLimit(.minutes(3)))
struct SAMLApplicationCommandTests {
    @Test func oneIsAddedPreviewedChangedSwitchedOffAndRemoved() async throws {
        let installed = try await Installed()
        let file = installed.folder + "/app.xml"
        try SAMLApplicationAPITests.metadata().write(toFile: file, atomically: true, encoding: .utf8)
        let id = "https://app.example.org/saml"
        try await installed.serving { _ in
            let said = try await installed.done(
                "saml", "application", "add", "--metadata", file, "--title", "The app", "--attribute", "uid")
            for part in ["/saml/metadata", "/saml/sso", "certificate"] { #expect(said.contains(part), "\(said)") }
            #expect(try await installed.done("saml", "application", "list").contains(id))
            try await installed.done("user", "create", "ada")
            let preview = try await installed.done("saml", "application", "preview", id, "ada")
            #expect(preview.contains("ada may enter.") && preview.contains("the application's own"), "\(preview)")
            try await installed.done("saml", "application", "change", id, "--sign-assertion", "--encryption", "never")
            let shown = try await installed.done("saml", "application", "show", id)
            #expect(shown.contains("settings.sign_assertion") && shown.contains("https://app.example.org/acs"))
            let nothing = try await installed.run("saml", "application", "change", id)
            let nowhere = try await installed.run("saml", "application", "add")
            #expect(nothing.status == 2 && nowhere.status == 2)
            #expect(try await installed.done("saml", "application", "disable", id).contains("Disabled"))
            #expect(try await installed.done("saml", "application", "enable", id).contains("Enabled"))
            #expect(try await installed.done("saml", "application", "remove", id).contains("Removed"))
            let gone = try await installed.run("saml", "application", "show", id)
            #expect(gone.status == 1)
        }
    }
}
