/// A reference that is not counted: whoever made it holds the object for as long as this is used. On the path of a
/// decision, counting a reference up and down costs as much as a rule.
struct Unretained<Object: AnyObject>: BitwiseCopyable {
    private let reference: Unmanaged<Object>

    @inline(__always)
    init(_ object: borrowing Object) { reference = .passUnretained(object) }

    /// The object, counted, for those who are in no hurry.
    var object: Object { reference.takeUnretainedValue() }

    /// Lends the object. It must not leave the call.
    @inline(__always)
    func callAsFunction<Result>(_ body: (Object) -> Result) -> Result { reference._withUnsafeGuaranteedRef(body) }
}
