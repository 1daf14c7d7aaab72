@testable import Gateway

/// A configuration as somebody writes it.
enum WrittenFile {
    /// The least that one has to have.
    private static let smallest = """
        version: 1
        server: { listen: 127.0.0.1:8443, public_url: https://gate.example.org }
        storage: { directory: data }
        keys: { master_key_file: master.key }
        tenants: [{ slug: main, name: Main }]

        """

    /// Reads a whole text.
    static func read(_ text: String, environment: [String: String] = [:]) throws -> Configuration {
        try ConfigurationLoader.parse(
            text, file: "gatehouse.yaml", folder: "/etc/gatehouse", environment: environment)
    }

    /// Reads the least there has to be, and these lines after it.
    static func read(after lines: String, environment: [String: String] = [:]) throws -> Configuration {
        try read(smallest + lines, environment: environment)
    }
}
