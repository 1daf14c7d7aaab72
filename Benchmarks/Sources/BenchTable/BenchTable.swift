import Foundation
import Synchronization

/// Figures beside what was promised, printed as they come; `isMet` tells whether all of them hold.
public final class BenchTable: Sendable {
    private let met = Mutex(true)

    public init() {}

    public var isMet: Bool { met.withLock { $0 } }

    /// A figure that must reach the bar.
    public func least(_ name: String, _ value: Double, _ bar: Double, _ unit: String) {
        judge(name, Self.text(value, unit), "at least \(Self.text(bar, unit))", value >= bar)
    }

    /// A figure that must not pass the bar.
    public func most(_ name: String, _ value: Double, _ bar: Double, _ unit: String) {
        judge(name, Self.text(value, unit), "at most \(Self.text(bar, unit))", value <= bar)
    }

    /// A figure that must be this one.
    public func exact(_ name: String, _ value: Int, _ bar: Int) {
        judge(name, Self.grouped(value), "exactly \(Self.grouped(bar))", value == bar)
    }

    private func judge(_ name: String, _ measured: String, _ bar: String, _ isGood: Bool) {
        // The form that `make bench` gathers its table from.
        say("\(name): \(measured); bar \(bar): \(isGood ? "ok" : "BELOW")")
        met.withLock { $0 = $0 && isGood }
    }

    private static func text(_ value: Double, _ unit: String) -> String {
        let number =
            abs(value) >= 1_000 ? grouped(Int(value)) : String(format: abs(value) >= 100 ? "%.0f" : "%.2f", value)
        return unit.isEmpty ? number : "\(number) \(unit)"
    }

    public static func grouped(_ value: Int) -> String {
        var digits = String(abs(value)), parts: [String] = []
        while digits.count > 3 {
            parts.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (value < 0 ? "-" : "") + ([digits] + parts).joined(separator: ",")
    }
}

/// Writes a line at once, through a pipe too.
public func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

/// Seconds of processor time of the calling thread, or of the whole process.
public enum Processor {
    public static var threadSeconds: Double { read(CLOCK_THREAD_CPUTIME_ID) }
    public static var processSeconds: Double { read(CLOCK_PROCESS_CPUTIME_ID) }

    /// How often something is done in a second of the thread's processor time: other programs are none of ours.
    public static func perSecond(_ body: () throws -> Void) rethrows -> Double {
        for _ in 0..<50 { try body() }
        let start = threadSeconds
        var (count, spent) = (0.0, 0.0)
        while spent < 2 {
            for _ in 0..<20 { try body() }
            count += 20
            spent = threadSeconds - start
        }
        return count / spent
    }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// The value below which this share of the values lies; 0 for none.
public func percentile(_ values: [Double], _ share: Double) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
}
