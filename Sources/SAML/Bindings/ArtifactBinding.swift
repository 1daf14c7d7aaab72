/// An artifact within an address or a form (SAML Bindings §3.6): the message is fetched where it was issued.
public enum ArtifactBinding {
    /// The parameter that carries the artifact.
    public static let parameter = "SAMLart"

    /// An artifact that came.
    public struct Incoming: Sendable, Hashable {
        public let artifact: Artifact
        /// As it was written, to be told back to its issuer.
        public let text: String
        public let relayState: RelayState?
    }

    /// The address that takes a browser to whoever fetches the message (§3.6.3.1).
    public static func address(_ artifact: Artifact, relayState: RelayState?, at location: String) -> String {
        let state = relayState.map { "&RelayState=" + PercentCoding.encode($0.text) } ?? ""
        return location + (location.contains("?") ? "&" : "?") + parameter + "="
            + PercentCoding.encode(artifact.text) + state
    }

    /// Reads fields of a query or a form, each name as often as it came; nil where no artifact is among them.
    ///
    /// - Throws: `binding` for a field that stands twice, or a message beside the artifact; `artifact` for one that is none.
    public static func read(_ fields: [(name: String, value: String)]) throws(MessageFault) -> Incoming? {
        func only(_ name: String) throws(MessageFault) -> String? {
            let found = fields.filter { Exact.same($0.name, name) }
            guard found.count <= 1 else { throw MessageFault(.binding, "\(name) stands twice") }
            return found.first?.value
        }
        guard let text = try only(parameter) else { return nil }
        guard try only("SAMLResponse") == nil, try only("SAMLRequest") == nil else {
            throw MessageFault(.binding, "a message stands beside SAMLart")
        }
        return Incoming(
            artifact: try Artifact(reading: text), text: text, relayState: try RelayState.read(try only("RelayState")))
    }
}
