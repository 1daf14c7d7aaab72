import Testing
import Vocabulary

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
        ("::ffff:0a00:0001", "::ffff:10.0.0.1"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("fe80::1", "fe80::1"),
    ])
    func `text is read and written in canonical form`(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "0x7f.0.0.1", "1.2.3.4 ", " 1.2.3.4", "1..2.3",
        "+1.2.3.4",
        ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "g::1", "+1::",
        "::-1",
        "fe80::1%eth0", "[::1]", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "1:", ":1", "::1:", "2130706433",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    ])
    func `ambiguous or broken text is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("8.8.8.8", nil), ("2606:4700::1111", nil), ("64:ff9b::808:808", nil), ("2002:808:808::1", nil),
        ("127.0.0.1", IPAddress.SpecialPurpose.loopback), ("127.255.255.255", .loopback), ("::1", .loopback),
        ("::ffff:127.0.0.1", .loopback), ("::127.0.0.1", .loopback), ("64:ff9b::7f00:1", .loopback),
        ("2002:7f00:1::", .loopback), ("10.1.2.3", .privateUse), ("172.31.255.255", .privateUse), ("172.32.0.0", nil),
        ("192.168.0.1", .privateUse), ("::ffff:192.168.0.1", .privateUse), ("fd00::1", .privateUse),
        ("169.254.169.254", .linkLocal), ("::ffff:169.254.169.254", .linkLocal), ("fe80::1", .linkLocal),
        ("100.64.0.1", .sharedAddressSpace), ("100.128.0.0", nil), ("224.0.0.1", .multicast), ("ff02::1", .multicast),
        ("0.0.0.0", .unspecified), ("0.1.2.3", .unspecified), ("::", .unspecified), ("255.255.255.255", .broadcast),
        ("192.0.2.1", .documentation), ("2001:db8::1", .documentation), ("198.18.0.1", .benchmarking),
        ("240.0.0.1", .reserved), ("2001::1", .tunnel), ("4000::1", .reserved), ("100::1", .reserved),
    ])
    func `special-purpose addresses are known in every disguise`(text: String, purpose: IPAddress.SpecialPurpose?)
        throws
    {
        #expect(try #require(IPAddress(text)).specialPurpose == purpose)
    }
}

@Suite struct CIDRTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "203.0.113.9", true),
        ("0.0.0.0/0", "2001:db8::1", false), ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false),
        ("10.0.0.0/8", "::ffff:10.0.0.1", true), ("::/0", "2001:db8::1", true), ("::/0", "10.0.0.1", false),
        ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
        ("2001:db8::/65", "2001:db8::7fff:0:0:1", true), ("2001:db8::/65", "2001:db8::8000:0:0:1", false),
        ("::ffff:0:0/96", "::ffff:10.0.0.1", true), ("::1", "::1", true),
    ])
    func `a network contains its own addresses and no others`(network: String, address: String, inside: Bool) throws {
        let cidr = try #require(CIDR(network))
        #expect(cidr.contains(try #require(IPAddress(address))) == inside)
    }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.5/8", "::/129",
        "10.0.0.0/8/8",
        "::1/64", "10.0.0.0/ 8", "example.org/8",
    ])
    func `a malformed network or one with host bits is refused`(text: String) {
        #expect(CIDR(text) == nil)
    }

    @Test func `text survives the round trip`() throws {
        for text in ["10.0.0.0/8", "2001:db8::/32", "::1/128", "192.0.2.7/32"] {
            #expect(try #require(CIDR(text)).description == text)
        }
    }
}
