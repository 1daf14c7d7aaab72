/// Texts compared as XML and the specifications compare them: octet by octet. Swift's own `==` takes canonically
/// equivalent texts for equal, which no comparison of a protocol may (SAML Core §1.3.1).
public enum Exact {
    /// Whether both are the same octets.
    public static func same(_ left: String, _ right: String) -> Bool {
        let answer = left.utf8.withContiguousStorageIfAvailable { left in
            right.utf8.withContiguousStorageIfAvailable { right in
                left.count == right.count && left.elementsEqual(right)
            }
        }
        return (answer ?? nil) ?? left.utf8.elementsEqual(right.utf8)
    }

    static func same(_ left: String?, _ right: String?) -> Bool {
        switch (left, right) {
        case (nil, nil): true
        case (let left?, let right?): same(left, right)
        default: false
        }
    }

    /// Whether the text is among these.
    public static func holds(_ list: [String], _ text: String) -> Bool { list.contains { same($0, text) } }
}
