import Foundation
import Testing

@testable import Gateway

@Suite("Variables of the environment that set nothing are faults")
struct EnvironmentNamesTests {
    private static let text = """
        version: 1
        server: { listen: "127.0.0.1:0", public_url: "https://gate.example.org" }
        storage: { directory: data }
        keys: { master_key_file: "env:GATEHOUSE_OUR_KEY" }
        tenants: [{ slug: main }]
        providers: [{ id: local, type: local }]
        """

    private func faults(_ environment: [String: String]) throws -> [ConfigurationFault] {
        do {
            _ = try ConfigurationLoader.parse(Self.text, file: "f", folder: "/etc", environment: environment)
            return []
        } catch let faults as ConfigurationFaults {
            return faults.faults
        }
    }

    @Test func everySettingAndWhatIsReadElsewhereMaySet() throws {
        #expect(
            try faults([
                "GATEHOUSE_SERVER_LISTEN": "127.0.0.1:9", "GATEHOUSE_PROVIDERS_0_NAME": "Other",
                "GATEHOUSE_CONFIG": "/x", "GATEHOUSE_SHARE": "/y", "GATEHOUSE_OUR_KEY": "secret", "PATH": "/bin",
                "GATEHOUSE_SERVER_TLS_CERTIFICATE_FILE": "/c", "GATEHOUSE_SERVER_TLS_KEY_FILE": "/k",
            ]) == [])
    }

    @Test func aSectionThatOnlyTheEnvironmentHasIsRead() throws {
        let only = try faults(["GATEHOUSE_SERVER_TLS_CERTIFICATE_FILE": "/c"])
        #expect(only.map(\.key) == ["server.tls.key_file"])
    }

    @Test(arguments: [
        ("GATEHOUSE_SERVER_LISTN", "Did you mean GATEHOUSE_SERVER_LISTEN?"),
        ("GATEHOUSE_PROVIDERS_1_NAME", "Did you mean GATEHOUSE_PROVIDERS_0_NAME?"),
        ("GATEHOUSE_MASTER_KEYS", "Did you mean GATEHOUSE_MASTER_KEY?"),
        ("GATEHOUSE_SERVER_TRUSTED_PROXIES", "is a list, which only the file can set"),
        ("GATEHOUSE_NOTHING_LIKE_ANYTHING", "sets nothing"),
    ])
    func aMisspeltOneIsNamedWithItsCure(_ name: String, _ cure: String) throws {
        let found = try faults([name: "10.0.0.0/8"])
        #expect(found.map(\.key) == [name])
        #expect(found.first?.line == nil && found.first?.message.contains(cure) == true, "\(found)")
    }

    @Test func whatKubernetesSetsForAServiceOfOurNameIsLeftAlone() throws {
        #expect(
            try faults([
                "GATEHOUSE_SERVICE_HOST": "10.0.0.1", "GATEHOUSE_SERVICE_PORT": "443",
                "GATEHOUSE_SERVICE_PORT_HTTPS": "443", "GATEHOUSE_PORT": "tcp://10.0.0.1:443",
                "GATEHOUSE_PORT_443_TCP": "tcp://10.0.0.1:443", "GATEHOUSE_PORT_443_TCP_ADDR": "10.0.0.1",
            ]) == [])
    }

    @Test func distanceCountsLetters() {
        #expect(EnvironmentNames.distance("LISTEN", "LISTN") == 1)
        #expect(EnvironmentNames.distance("", "ABC") == 3)
        #expect(EnvironmentNames.distance("KITTEN", "SITTING") == 3)
        #expect(EnvironmentNames.distance(String(repeating: "A", count: 201), "A") == .max)
        #expect(EnvironmentNames.name(of: "providers[1].bind_dn") == "GATEHOUSE_PROVIDERS_1_BIND_DN")
    }
}
