import Foundation
import Logging
import Testing
import Vocabulary

@testable import Gateway

@Suite("Storage on an encrypted volume")
struct VolumeEncryptionTests {
    /// What sysfs would say of devices: the uuid of each where it is mapped, and what it stands on.
    private func devices(_ list: [String: (uuid: String?, below: [String])]) throws -> VolumeEncryption {
        let folder = NSTemporaryDirectory() + "sysfs-\(UUID().uuidString)"
        for (name, device) in list {
            let place = "\(folder)/\(name)"
            try FileManager.default.createDirectory(atPath: place + "/dm", withIntermediateDirectories: true)
            try device.uuid?.write(toFile: place + "/dm/uuid", atomically: true, encoding: .utf8)
            for (number, other) in device.below.enumerated() {
                let slave = "\(place)/slaves/d\(number)"
                try FileManager.default.createDirectory(atPath: slave, withIntermediateDirectories: true)
                try (other + "\n").write(toFile: slave + "/dev", atomically: true, encoding: .utf8)
            }
        }
        return VolumeEncryption(devices: folder)
    }

    // S4-72.
    @Test("a crypt device counts, whatever stands on it, and a plain one below any of them does not")
    func layers() throws {
        let volumes = try devices([
            "253:0": (nil, ["253:1"]), "253:1": ("LVM-abc\n", ["253:2", "253:3"]),
            "253:2": ("CRYPT-LUKS2-abc-data\n", ["8:1"]), "253:3": ("CRYPT-LUKS2-def-more\n", ["8:2"]),
            "253:4": ("LVM-def\n", ["253:2", "8:3"]), "8:1": (nil, []), "8:2": (nil, []), "8:3": (nil, []),
            "253:5": (nil, ["253:5"]), "253:6": ("xCRYPT-LUKS2", []),
        ])
        defer { try? FileManager.default.removeItem(atPath: volumes.devices) }
        for name in ["253:0", "253:1", "253:2", "253:3"] { #expect(volumes.isEncrypted(name), "\(name)") }
        // A plain disk, one half of a volume, a circle, a name that only holds the word, and what is not there.
        for plain in ["8:1", "253:4", "253:5", "253:6", "9:9"] { #expect(!volumes.isEncrypted(plain), "\(plain)") }
    }

    @Test("S4-72 where configuration asks for it, no start is made on a volume that is not known to be encrypted")
    func start() async throws {
        let folder = NSTemporaryDirectory() + "volume-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try String(repeating: "ab", count: 32).write(toFile: folder + "/master.key", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: folder + "/master.key")
        func configuration(_ more: String) throws -> Configuration {
            try ConfigurationLoader.parse(
                """
                version: 1
                server: { listen: 127.0.0.1:0, public_url: https://gate.example.org }
                storage: { directory: data\(more) }
                keys: { master_key_file: master.key }
                tenants: [{ slug: main, name: Main }]
                passwords: { block_list: false }
                """, file: "f.yaml", folder: folder, environment: [:])
        }
        let logger = Logger(label: "volume", factory: { _ in SwiftLogNoOpLogHandler() })
        let strict = try configuration(", require_encrypted_volume: true")
        let isEncrypted = VolumeEncryption.device(of: folder).map { VolumeEncryption().isEncrypted($0) } ?? false
        let finding = try #require(await Doctor(strict, logger: logger).examine().first { $0.subject == "volume" })
        #expect(finding.isGood == isEncrypted)
        do {
            try await Gateway.open(strict, logger: logger).close()
            #expect(isEncrypted)
        } catch let fault as Fault {
            #expect(!isEncrypted && fault.code == "storage.not_encrypted", "\(fault)")
            #expect(!FileManager.default.fileExists(atPath: folder + "/data"), "nothing was made there")
        }
        try await Gateway.open(try configuration(""), logger: logger).close()
    }
}
