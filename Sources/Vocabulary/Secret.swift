/// A value that must not reach a log, an error message or a debugger's summary: every description of it is blank.
///
/// Comparison is deliberately absent; secrets are compared by the code that owns them, in constant time.
public struct Secret<Value: Sendable>: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let value: Value

    public init(_ value: Value) { self.value = value }

    /// Hands the value out, by a name that can be searched for.
    public func reveal() -> Value { value }

    public var description: String { "‹secret›" }
    public var debugDescription: String { "‹secret›" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A password, token or key as typed or transported text.
public typealias SecretText = Secret<String>
/// Key material or a token's raw bytes.
public typealias SecretBytes = Secret<[UInt8]>

/// Compares without stopping at the first difference. Lengths are not secret: unequal lengths return early.
///
/// Inlinable, so that callers in other modules compare bytes and not boxes of them.
@inlinable
public func equalInConstantTime(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (a, b) in zip(left, right) { difference |= a ^ b }
    return difference == 0
}
