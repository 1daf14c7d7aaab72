/// When a zone changes its clocks each year: a POSIX TZ string (POSIX.1-2024 §8.3, RFC 9636 §3.3.1).
struct ZoneRule: Sendable, Hashable {
    /// Seconds east of UTC.
    let standard: Int64
    private let daylight: Daylight?

    private struct Daylight: Sendable, Hashable {
        let offset: Int64
        let start: Change
        let end: Change
    }

    /// A day of a year and the time on it, in seconds.
    private struct Change: Sendable, Hashable {
        enum Day: Sendable, Hashable {
            /// The n-th weekday of a month; the fifth is the last.
            case weekday(month: Int, week: Int, day: Int)
            /// From 1, 29 February never counted.
            case julian(Int)
            /// From 0, 29 February counted.
            case ordinal(Int)
        }

        let day: Day
        let time: Int64
    }

    init?(_ text: String) {
        var reader = TextReader(text)
        guard reader.skipName(), let west = reader.clock() else { return nil }
        standard = -west
        guard !reader.isAtEnd else {
            daylight = nil
            return
        }
        guard reader.skipName() else { return nil }
        var offset = standard + 3_600
        if reader.peek != "," {
            guard let west = reader.clock() else { return nil }
            offset = -west
        }
        guard reader.skip(","), let start = Self.change(&reader), reader.skip(","), let end = Self.change(&reader),
            reader.isAtEnd
        else { return nil }
        daylight = Daylight(offset: offset, start: start, end: end)
    }

    func offset(at seconds: Int64) -> Int64 {
        guard let daylight else { return standard }
        let year = CivilDate(day: floorDivided(seconds + standard, by: 86_400)).year
        let start = Self.local(daylight.start, year) - standard
        let end = Self.local(daylight.end, year) - daylight.offset
        let isDaylight = start < end ? seconds >= start && seconds < end : !(seconds >= end && seconds < start)
        return isDaylight ? daylight.offset : standard
    }

    private static func local(_ change: Change, _ year: Int64) -> Int64 {
        let first = CivilDate.days(year: year, month: 1, day: 1)
        let day: Int64
        switch change.day {
        case .ordinal(let number): day = first + Int64(number)
        case .julian(let number):
            day = first + Int64(number - 1) + (CivilDate.isLeap(year) && number >= 60 ? 1 : 0)
        case .weekday(let month, let week, let weekday):
            let start = CivilDate.days(year: year, month: Int64(month), day: 1)
            var candidate = start + Int64((weekday - LocalTime.weekday(of: start) + 7) % 7) + Int64(week - 1) * 7
            let length = Int64(CivilDate.length(month: month, year: year))
            while candidate >= start + length { candidate -= 7 }
            day = candidate
        }
        return day * 86_400 + change.time
    }

    private static func change(_ reader: inout TextReader) -> Change? {
        let day: Change.Day
        if reader.skip("M") {
            guard let month = reader.number(), reader.skip("."), let week = reader.number(), reader.skip("."),
                let weekday = reader.number(), (1...12).contains(month), (1...5).contains(week),
                (0...6).contains(weekday)
            else { return nil }
            day = .weekday(month: month, week: week, day: weekday)
        } else if reader.skip("J") {
            guard let number = reader.number(), (1...365).contains(number) else { return nil }
            day = .julian(number)
        } else {
            guard let number = reader.number(), (0...365).contains(number) else { return nil }
            day = .ordinal(number)
        }
        guard reader.skip("/") else { return Change(day: day, time: 7_200) }
        guard let time = reader.clock() else { return nil }
        return Change(day: day, time: time)
    }
}

/// A date of the proleptic Gregorian calendar.
struct CivilDate {
    let year: Int64

    init(day: Int64) {
        // Eras of 400 years counted from 1 March, which puts the leap day last.
        let shifted = day + 719_468
        let era = floorDivided(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        year = yearOfEra + era * 400 + (dayOfYear >= 306 ? 1 : 0)
    }

    static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    static func length(month: Int, year: Int64) -> Int {
        [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivided(shifted, by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

/// Reads the words of a TZ string.
private struct TextReader {
    private let scalars: [Unicode.Scalar]
    private var at = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }
    var isAtEnd: Bool { at == scalars.count }
    var peek: Unicode.Scalar? { isAtEnd ? nil : scalars[at] }

    mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        at += 1
        return true
    }

    /// `CET`, or `<+03>`.
    mutating func skipName() -> Bool {
        let start = at
        if skip("<") {
            while let scalar = peek, scalar != ">" { at += scalar.isASCII ? 1 : 0; if !scalar.isASCII { return false } }
            return skip(">")
        }
        while let scalar = peek, scalar.properties.isAlphabetic { at += 1 }
        return at - start >= 3
    }

    mutating func number() -> Int? {
        var value: Int?
        while let scalar = peek, ("0"..."9").contains(scalar), (value ?? 0) < 1_000 {
            value = (value ?? 0) * 10 + Int(scalar.value - 0x30)
            at += 1
        }
        return value
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func clock() -> Int64? {
        let sign: Int64 = skip("-") ? -1 : 1
        if sign == 1 { _ = skip("+") }
        guard let hours = number(), hours <= 167 else { return nil }
        var (minutes, seconds) = (0, 0)
        if skip(":") {
            guard let value = number(), value < 60 else { return nil }
            minutes = value
            if skip(":") {
                guard let value = number(), value < 60 else { return nil }
                seconds = value
            }
        }
        return sign * Int64(hours * 3_600 + minutes * 60 + seconds)
    }
}
