/// The bounds of everything a policy author can write. One past each is a fault, and a test.
public enum PolicyLimits {
    /// Policies in one document.
    public static let policies = 5_000
    /// Rules in one index: policies and role permissions together.
    public static let rules = 65_536
    /// Bytes of a policy id.
    public static let idBytes = 128
    /// Bytes of a policy's name, an action, a resource type, a user, role or group.
    public static let nameBytes = 256
    /// Bytes of a description.
    public static let descriptionBytes = 4_096
    /// Actions, resource types, resource patterns of one policy, and entries of one kind of subject.
    public static let listItems = 256
    /// Bytes of a resource pattern and of a text literal.
    public static let textBytes = 1_024
    /// Values in the list of `in` and `not_in`.
    public static let literalItems = 256
    /// Nesting of `all`, `any` and `not`; a bare comparison has depth 1.
    public static let conditionDepth = 8
    /// Comparisons in one policy.
    public static let comparisons = 64
    /// Bytes of an attribute's dotted name.
    public static let pathBytes = 256
    /// Fields after the root in a dotted name.
    public static let pathFields = 8
    /// Different attributes that the policies of one tenant read.
    public static let attributes = 256
    /// Seconds of `max_age`: a year.
    public static let maxAgeSeconds: Int64 = 31_536_000
    /// Absolute value of a priority.
    public static let priority: Int64 = 1_000_000
    /// Faults reported of one document; further ones are dropped.
    public static let faults = 100
    /// Cases in one test document.
    public static let tests = 1_000
}
