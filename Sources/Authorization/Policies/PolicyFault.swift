/// One thing wrong with a document: where, what, and how to mend it.
public struct PolicyFault: Sendable, Hashable, CustomStringConvertible {
    /// Where in the document, such as `policies[3].when.all[0].regex`.
    public let path: String
    /// A stable, lower-case name, such as `unknown_key`.
    public let code: String
    public let message: String
    public let remedy: String

    public var description: String { "\(path): \(message). \(remedy)." }
}

/// A document that cannot be used, with all of its faults (at most `PolicyLimits.faults`).
public struct PolicyRejection: Error, Sendable, CustomStringConvertible {
    public let faults: [PolicyFault]
    package init(faults: [PolicyFault]) { self.faults = faults }
    public var description: String { faults.map(\.description).joined(separator: "\n") }
}

/// Collects faults while a document is read, so that an author sees all of them at once.
package struct FaultLog {
    package private(set) var faults: [PolicyFault] = []

    package init() {}

    package mutating func report(_ path: String, _ code: String, _ message: String, _ remedy: String) {
        guard faults.count < PolicyLimits.faults else { return }
        faults.append(PolicyFault(path: path.isEmpty ? "document" : path, code: code, message: message, remedy: remedy))
    }
}
