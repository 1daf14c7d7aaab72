/// One thing wrong with the configuration: where, what, and how to mend it.
public struct ConfigurationFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The key as a path, such as `providers[1].tls.ca_file`.
    public let key: String
    /// Line in the file, counted from one; nil where the value came from the environment or is absent.
    public let line: Int?
    public let message: String

    public var description: String {
        let place = line.map { "line \($0): " } ?? ""
        return "\(place)\(key): \(message)"
    }
}

/// Everything wrong with the configuration, reported together so that one round of mending is enough.
public struct ConfigurationFaults: Error, Sendable, CustomStringConvertible {
    public let file: String
    public let faults: [ConfigurationFault]

    public var description: String {
        let count = faults.count == 1 ? "one fault" : "\(faults.count) faults"
        return "\(file) has \(count):\n" + faults.map { "  \($0)" }.joined(separator: "\n")
    }
}
