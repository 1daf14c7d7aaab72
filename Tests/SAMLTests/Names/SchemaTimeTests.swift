import Testing

@testable import SAML

@Suite("Times of XML Schema in seconds") struct SchemaTimeTests {
    @Test("Moments name their zone; fractions are cut")
    func moments() {
        #expect(SchemaTime.seconds("2027-01-15T08:00:00Z") == 1_800_000_000)
        #expect(SchemaTime.seconds(" 2027-01-15T09:00:00.999+01:00\n") == 1_800_000_000)
        #expect(SchemaTime.text(1_800_000_000) == "2027-01-15T08:00:00Z")
        for wrong in ["2027-01-15T08:00:00", "2027-02-29T08:00:00Z", "now", "", "2027-01-15"] {
            #expect(SchemaTime.seconds(wrong) == nil, "\(wrong)")
        }
    }

    @Test(
        "Durations",
        arguments: [
            ("PT6H", 21_600), ("P1D", 86_400), ("P1Y2M3DT4H5M6.5S", 31_536_000 + 5_184_000 + 259_200 + 14_706),
            ("PT0S", 0), ("P1M", 2_592_000), ("PT1M", 60),
        ] as [(String, Int64)])
    func durations(text: String, seconds: Int64) { #expect(SchemaTime.duration(text) == seconds) }

    @Test(
        "What is no duration",
        arguments: ["", "P", "PT", "-P1D", "P1H", "PT1D", "P1D2Y", "P1.5D", "PT1.S", "P99999999999Y", "P101Y", "1D"])
    func notDurations(text: String) { #expect(SchemaTime.duration(text) == nil) }

    @Test("Comparison of contexts: exact, minimum, maximum, better")
    func contexts() {
        let order = AuthnContextOrder(steps: [["a", "a2"], ["b"], ["c"]])
        func holds(_ reached: String, _ classes: [String], _ comparison: RequestedAuthnContext.Comparison) -> Bool {
            order.satisfies(reached, RequestedAuthnContext(classes, comparison: comparison))
        }
        #expect(holds("b", ["a", "b"], .exact) && !holds("c", ["b"], .exact) && !holds("a2", ["a"], .exact))
        #expect(holds("b", ["a"], .minimum) && holds("a2", ["a"], .minimum) && !holds("a", ["b"], .minimum))
        #expect(holds("a", ["b"], .maximum) && holds("b", ["b"], .maximum) && !holds("c", ["b"], .maximum))
        #expect(holds("c", ["b"], .better) && !holds("b", ["b"], .better) && !holds("b", ["a", "c"], .better))
        // Of what stands in no order only the same is the same.
        #expect(holds("x", ["x"], .minimum) && !holds("x", ["a"], .minimum) && !holds("c", ["x"], .minimum))
        #expect(!holds("c", ["x"], .better) && !holds("x", ["x"], .better) && !holds("c", ["a", "x"], .better))
        #expect(!order.satisfies("a", RequestedAuthnContext([], declarations: ["a"])))
    }

    @Test("Subject identifiers have one form")
    func identifiers() {
        for good in ["a@b", "AB=-1@example.org", String(repeating: "a", count: 127) + "@x"] {
            #expect(SubjectIdentifier.isWellFormed(good), "\(good)")
        }
        for bad in [
            "a", "a@", "@b", "a@b@c", "-a@b", "a@.b", "a b@c", "ä@b", String(repeating: "a", count: 128) + "@x",
        ] {
            #expect(!SubjectIdentifier.isWellFormed(bad), "\(bad)")
        }
    }
}
