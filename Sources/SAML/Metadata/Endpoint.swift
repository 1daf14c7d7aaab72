/// A place where a role is spoken to (SAML Metadata §2.2.2).
public struct Endpoint: Sendable, Hashable {
    /// The binding's URI; `spoken` is it where it is one that is known here.
    public var binding: String
    public var location: String
    /// Where answers go, when not to `location`.
    public var responseLocation: String?
    /// Whether what is said there of channels is held against the other end (ECP Profile Version 2.0 §2.3.10); nil where
    /// nothing is said of it.
    public var supportsChannelBindings: Bool?

    public init(
        _ binding: Binding, _ location: String, responseLocation: String? = nil, supportsChannelBindings: Bool? = nil
    ) {
        self.init(
            binding: binding.rawValue, location: location, responseLocation: responseLocation,
            supportsChannelBindings: supportsChannelBindings)
    }

    init(binding: String, location: String, responseLocation: String?, supportsChannelBindings: Bool? = nil) {
        self.binding = binding
        self.location = location
        self.responseLocation = responseLocation
        self.supportsChannelBindings = supportsChannelBindings
    }

    static let channelBindingsAttribute = XMLName(XMLNamespace.channelBinding, "supportsChannelBindings")

    /// The binding, where it is spoken here.
    public var spoken: Binding? { Binding(rawValue: binding) }

    /// Where an answer goes (§2.2.2).
    public var answerLocation: String { responseLocation ?? location }
}

/// One of several places of a kind (SAML Metadata §2.2.3).
public struct IndexedEndpoint: Sendable, Hashable {
    public var endpoint: Endpoint
    public var index: Int
    /// Nil where the attribute is absent, which is not the same as false.
    public var isDefault: Bool?

    public init(_ binding: Binding, _ location: String, index: Int, isDefault: Bool? = nil) {
        self.init(endpoint: Endpoint(binding, location), index: index, isDefault: isDefault)
    }

    init(endpoint: Endpoint, index: Int, isDefault: Bool?) {
        self.endpoint = endpoint
        self.index = index
        self.isDefault = isDefault
    }
}

extension Array where Element == IndexedEndpoint {
    /// §2.2.3: the first that is the default, else the first that does not say it is none, else the first.
    public var preferred: IndexedEndpoint? {
        first { $0.isDefault == true } ?? first { $0.isDefault == nil } ?? first
    }
}

extension Array where Element == Endpoint {
    /// The first endpoint of the first of these bindings that has one.
    public func first(of bindings: [Binding]) -> Endpoint? {
        for binding in bindings {
            if let found = first(where: { $0.spoken == binding }) { return found }
        }
        return nil
    }
}
