import LDAP

/// The comparison form of distinguished names, quickly: what `DistinguishedName.normalized` gives, which for the names
/// that directories are full of (no escapes, usual attribute types, ASCII) needs one pass over the bytes.
enum FoldedName {
    static func of(_ text: String) -> String? {
        simple(text) ?? DistinguishedName(text)?.normalized
    }

    /// Nil when the name needs the full parser.
    static func simple(_ text: String) -> String? {
        var copy = text
        return copy.withUTF8 { bytes in
            guard !bytes.isEmpty, bytes.count <= DistinguishedName.byteLimit else { return nil }
            var isSimple = true
            let folded = String(unsafeUninitializedCapacity: bytes.count) { out in
                let count = fold(bytes, into: out)
                isSimple = count > 0
                return max(0, count)
            }
            return isSimple ? folded : nil
        }
    }

    /// The number of bytes written; 0 when the name is not simple.
    private static func fold(_ bytes: UnsafeBufferPointer<UInt8>, into out: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var (length, typeStart, parts) = (0, 0, 0)
        var inValue = false
        var previous: UInt8 = 0x2C
        for byte in bytes {
            switch byte {
            case 0x3D where !inValue:
                guard isUsualType(out[typeStart..<length]) else { return 0 }
                inValue = true
                parts += 1
            case 0x2C where inValue:
                // An empty value, or one that ends in a space.
                guard previous != 0x3D, previous != 0x20, parts < DistinguishedName.partLimit else { return 0 }
                inValue = false
                typeStart = length + 1
            case 0x20 where !inValue && previous == 0x2C && length > 0: continue
            case 0x20:
                guard inValue, previous != 0x20, previous != 0x3D else { return 0 }
            default:
                guard inValue ? isPlain(byte) : isLetter(byte) else { return 0 }
                if !inValue, previous == 0x20 { return 0 }
            }
            let lowered = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            out[length] = lowered
            length += 1
            previous = byte
        }
        return inValue && previous != 0x3D && previous != 0x20 ? length : 0
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    /// Letters, digits and `-._@'/()&:!*$%`: nothing that RFC 4514 §2.4 escapes.
    private static func isPlain(_ byte: UInt8) -> Bool {
        if isLetter(byte) || (0x30...0x39).contains(byte) { return true }
        return switch byte {
        case 0x2D, 0x2E, 0x5F, 0x40, 0x27, 0x2F, 0x28, 0x29, 0x26, 0x3A, 0x21, 0x2A, 0x24, 0x25: true
        default: false
        }
    }

    /// Types whose lower-case spelling is the canonical one; any other may be an alias.
    private static func isUsualType(_ type: Slice<UnsafeMutableBufferPointer<UInt8>>) -> Bool {
        type.elementsEqual("dc".utf8) || type.elementsEqual("ou".utf8) || type.elementsEqual("uid".utf8)
            || type.elementsEqual("cn".utf8) || type.elementsEqual("o".utf8) || type.elementsEqual("c".utf8)
            || type.elementsEqual("l".utf8) || type.elementsEqual("st".utf8)
    }
}
