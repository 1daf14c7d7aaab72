extension NATSSubject {
    /// In order, each once, without those that another one contains.
    public static func least(_ subjects: [NATSSubject]) -> [NATSSubject] {
        let unique = Dictionary(subjects.map { ($0.text, $0) }, uniquingKeysWith: { first, _ in first })
            .values.sorted { $0.text < $1.text }
        var index = SubjectIndex()
        for (number, subject) in unique.enumerated() { index.insert(subject, number) }
        return unique.filter { subject in
            index.first(overlapping: subject) { unique[$0].text != subject.text && unique[$0].contains(subject) } == nil
        }
    }
}
