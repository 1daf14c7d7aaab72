import Testing

@testable import Identity

@Suite struct BlockListTests {
    static let list = BlockList("# a comment\npassword\r\n  Sunshine  \n\nCafe\u{301}Racer\n#hidden\n", "second list\n")

    @Test(arguments: ["password", "PassWord", "sunshine", "caf\u{E9}racer", "second list", "\u{FF50}assword"])
    func `an entry is refused whatever its case, form or width`(text: String) {
        #expect(Self.list.contains(text))
    }

    @Test(arguments: ["passwordpassword", "PASSWORDpassword", "sunshinesunshinesunsh"])
    func `nothing but repetitions of an entry is refused`(text: String) {
        #expect(Self.list.contains(text))
    }

    @Test(arguments: ["", "password1", "my password", "passwordsunshine", "# a comment", "hidden", "#hidden", "pass"])
    func `what merely contains an entry, and what is a comment, is not`(text: String) {
        #expect(!Self.list.contains(text))
    }

    @Test func `equal entries count once and an empty list refuses nothing`() {
        #expect(Self.list.count == 4)
        #expect(BlockList("a\nA\n").count == 1)
        #expect(!BlockList.none.contains("password"))
    }
}
