import Foundation

/// What a process has used of the processor, whoever started it.
public enum ProcessorTime {
    /// Seconds so far, of all its threads (proc(5), fields 14 and 15 of `stat`); 0 for a process that is not there.
    public static func seconds(of process: pid_t) -> Double {
        let line = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        // The name, in brackets, may hold anything.
        let fields = line.split(separator: ")").last?.split(separator: " ").compactMap { Double($0) } ?? []
        // The state, a letter, fell out: field 14 of the line is the eleventh number after the name.
        guard fields.count > 12 else { return 0 }
        return (fields[10] + fields[11]) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
