import Logging
import Storage
import Vocabulary

extension Configuration {
    /// The master key, from its file or variable.
    func loadMasterKey() throws -> MasterKey { try MasterKey(hexadecimal: masterKey.load().reveal()) }

    /// Opens something under the master key. Where a change of it was cut off between the database and the file, under
    /// the key that was put beside it, which the database is under by then: neither moment leaves it closed.
    ///
    /// - Throws: `keys.wrong_master` naming the file and the ways to mend it, and what `body` throws.
    func withMasterKey<Opened: Sendable>(
        _ logger: Logger, _ body: (MasterKey) async throws -> Opened
    ) async throws -> Opened {
        do { return try await body(try loadMasterKey()) } catch let fault as Fault
            where fault.code == "keys.wrong_master"
        {
            guard let change = try? MasterKeyChange(self), let next = try change.pending() else { throw wrongMaster }
            do {
                let opened = try await body(next)
                logger.warning(
                    "the change of the master key is not finished: run `gatehouse key rewrap`",
                    metadata: ["file": "\(change.next)"])
                return opened
            } catch let fault as Fault where fault.code == "keys.wrong_master" {
                throw wrongMaster
            }
        }
    }

    private var wrongMaster: Fault {
        var remedy = "Put back the key that the database was made with."
        if case .file(let path) = masterKey {
            remedy +=
                " One that was replaced stands beside it as \(path).former-…, which a backup from before the change needs."
                + " A lost one comes back with `gatehouse key recover \(path).recovery NEW_FILE` and its recovery code."
        }
        return Fault(
            "keys.wrong_master", .ourselves,
            "The master key in \(masterKey) does not open the database for \(storage.directory).", remedy: remedy)
    }
}
