import Testing
import Vocabulary

@Suite struct Base64Tests {
    // RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]) func `the standard's vectors have one spelling in each form`(plain: String, text: String) {
        let bare = text.replacing("=", with: "")
        #expect(Base64.encode(plain.utf8, .padded) == text)
        #expect(Base64.decode(text, .padded) == Array(plain.utf8))
        for form: Base64.Form in [.url, .bare, .dotted] {
            #expect(Base64.encode(plain.utf8, form) == bare)
            #expect(Base64.decode(bare, form) == Array(plain.utf8))
            if bare != text { #expect(Base64.decode(text, form) == nil) }
        }
        if bare != text { #expect(Base64.decode(bare, .padded) == nil) }
    }

    @Test func `each form has its own last two characters`() {
        let bytes: [UInt8] = [0xFB, 0xFF, 0xBF]
        let forms: [(Base64.Form, String)] = [(.url, "-_-_"), (.bare, "+/+/"), (.dotted, "././"), (.padded, "+/+/")]
        for (form, text) in forms {
            #expect(Base64.encode(bytes, form) == text)
            #expect(Base64.decode(text, form) == bytes)
        }
        #expect(Base64.decode("+/+/", .url) == nil)
        #expect(Base64.decode("-_-_", .padded) == nil)
        #expect(Base64.decode("+/+/", .dotted) == nil)
    }

    @Test(arguments: ["A", "Zh==", "Zg=", "=Zg=", "Zg===", "Z g=", "Zm9v\n", "Zé=="])
    func `what no encoder makes is refused`(text: String) {
        #expect(Base64.decode(text, .padded) == nil)
        #expect(Base64.decode("-_9", .url) == nil)
    }
}
