import Foundation
import Vocabulary

/// Whether a folder lies on a volume that the kernel encrypts (dm-crypt), wherever below it that happens: what people
/// are called stands readable in the database's tables, so that they can be looked for, and only the volume can keep
/// that from whoever takes the disk.
struct VolumeEncryption {
    /// What sysfs says of block devices, by their numbers.
    var devices = "/sys/dev/block"

    /// Layers of devices at most: a logical volume on a crypt device on a RAID has three.
    private static let depth = 8

    /// Throws `storage.not_encrypted` where the folder's volume is not, or where that cannot be told.
    func require(at folder: String) throws {
        guard let device = Self.device(of: folder), isEncrypted(device, Self.depth) else {
            throw Fault(
                "storage.not_encrypted", .ourselves, "\(folder) lies on no volume that is known to be encrypted.",
                remedy: "Move it to a dm-crypt (LUKS) volume, or leave out storage.require_encrypted_volume.")
        }
    }

    /// `major:minor` of the device under a folder, or under the nearest one above it that is there.
    static func device(of folder: String) -> String? {
        var status = stat()
        guard stat(Doctor.existingParent(of: folder), &status) == 0 else { return nil }
        // The kernel's numbers in user space: makedev(3).
        let device = UInt64(status.st_dev)
        let major = (device >> 8 & 0xFFF) | (device >> 32 & ~0xFFF)
        let minor = (device & 0xFF) | (device >> 12 & ~0xFF)
        return "\(major):\(minor & 0xFFFF_FFFF)"
    }

    /// A crypt device, or one that stands on nothing but such.
    func isEncrypted(_ device: String, _ depth: Int = depth) -> Bool {
        let place = devices + "/" + device
        if text(place + "/dm/uuid")?.hasPrefix("CRYPT-") == true { return true }
        guard depth > 0, let below = try? FileManager.default.contentsOfDirectory(atPath: place + "/slaves"),
            !below.isEmpty
        else { return false }
        return below.allSatisfy { name in
            text("\(place)/slaves/\(name)/dev").map { isEncrypted($0, depth - 1) } ?? false
        }
    }

    private func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map {
            String(decoding: $0.prefix(256), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }
}

extension Doctor {
    func examineVolume() -> Finding {
        let folder = configuration.storage.directory
        guard configuration.storage.requiresEncryptedVolume else {
            return Finding(
                subject: "volume", isGood: true,
                detail: "not held to be encrypted; storage.require_encrypted_volume refuses a start where it is not")
        }
        return finding("volume", "\(folder) lies on an encrypted volume") {
            try VolumeEncryption().require(at: folder)
        }
    }
}

/// Folders that secrets are written into.
public enum EncryptedVolume {
    /// Throws `storage.not_encrypted` where the folder lies on no volume that is known to be encrypted (dm-crypt).
    public static func require(at folder: String) throws {
        do { try VolumeEncryption().require(at: folder) } catch let fault as Fault {
            throw Fault(
                fault.code, .caller, fault.message, remedy: "Choose a folder on a dm-crypt (LUKS) volume.")
        }
    }
}
