import Foundation
import Vocabulary

/// What the kernel says of this process, under the names that every Prometheus client uses. Absent where the kernel
/// does not say.
struct ProcessReading {
    var residentBytes: Int?
    var cpuSeconds: Double?
    var startedAt: Double?
    var openFiles: Int?

    /// Reads `/proc/self`.
    static func now() -> ProcessReading {
        var reading = ProcessReading(
            openFiles: try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count)
        guard let text = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8) else { return reading }
        reading.take(stat: text, bootedAt: bootTime())
        return reading
    }

    /// proc(5): fields from the state on, behind the name, which may hold anything and ends with the last parenthesis.
    mutating func take(stat text: String, bootedAt: Double?) {
        guard let end = text.lastIndex(of: ")") else { return }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
            let start = Double(fields[19]), let pages = Int(fields[21])
        else { return }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        cpuSeconds = (user + system) / ticks
        residentBytes = pages * sysconf(Int32(_SC_PAGESIZE))
        startedAt = bootedAt.map { $0 + start / ticks }
    }

    private static func bootTime() -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) }
    }

    var families: [MetricFamily] {
        [
            residentBytes.map { .gauge("process_resident_memory_bytes", "Resident memory.").adding($0) },
            cpuSeconds.map { .counter("process_cpu_seconds_total", "CPU time, user and system.").adding($0) },
            startedAt.map { .gauge("process_start_time_seconds", "When the process began, Unix time.").adding($0) },
            openFiles.map { .gauge("process_open_fds", "Open file descriptors.").adding($0) },
        ].compactMap(\.self)
    }
}
