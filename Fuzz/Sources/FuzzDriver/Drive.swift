@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

public typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

// Written once before libFuzzer starts, read by its one thread.
nonisolated(unsafe) private var subject: ([UInt8]) -> Void = { _ in }

/// Runs libFuzzer over a function, with the process's arguments. The function fails by trapping, which libFuzzer records.
public func drive(_ count: Int32, _ arguments: Arguments, _ body: @escaping ([UInt8]) -> Void) -> Int32 {
    subject = body
    var count = count
    var arguments: Arguments? = arguments
    return runDriver(&count, &arguments) { start, length in
        subject(Array(UnsafeBufferPointer(start: start, count: length)))
        return 0
    }
}

/// The promise a fuzz target holds its parser to.
public func hold(_ promise: Bool, _ what: StaticString) {
    precondition(promise, "\(what)")
}
