import Foundation
import Logging
import NIOCore
import NIOSSL
import Synchronization
import Vocabulary

/// The TLS context of a listener, made anew when its files change: certificates are renewed every few weeks, and nobody
/// restarts a gateway for that. Connections that are open keep what they were opened with.
final class ServerCertificates: Sendable {
    /// What tells one version of a file from another.
    private struct Stamp: Equatable {
        var parts: [Int64] = []

        init(_ paths: [String]) {
            for path in paths {
                var info = stat()
                guard stat(path, &info) == 0 else {
                    parts.append(-1)
                    continue
                }
                parts += [
                    Int64(info.st_ino), Int64(info.st_size), Int64(info.st_mtim.tv_sec), Int64(info.st_mtim.tv_nsec),
                ]
            }
        }
    }

    private struct Memory {
        var context: NIOSSLContext
        var configuration: TLSConfiguration
        var stamp: Stamp
    }

    private let files: HTTPServerConfiguration.TLSFiles
    private let asksForCertificates: Bool
    private let memory: Mutex<Memory>

    /// Reads both files. Throws `Fault` `http.tls_certificate` or `http.tls_key`, naming the file.
    init(_ files: HTTPServerConfiguration.TLSFiles, asksForCertificates: Bool = false) throws {
        self.files = files
        self.asksForCertificates = asksForCertificates
        let stamp = Stamp([files.certificatePath, files.keyPath])
        memory = Mutex(try Self.read(files, asksForCertificates, stamp))
    }

    /// What the next connection is opened with.
    var context: NIOSSLContext { memory.withLock { $0.context } }

    /// The handlers of the next connection.
    ///
    /// Where certificates are asked for, each connection has a context of its own, and with it keys of its own for session
    /// tickets: none is resumed, so that each proves its certificate's key, and shows what leads to an authority.
    func handlers() throws -> [any ChannelHandler] {
        guard asksForCertificates else { return [NIOSSLServerHandler(context: context)] }
        return PeerCertificates.handlers(try NIOSSLContext(configuration: memory.withLock { $0.configuration }))
    }

    /// Reads the files again if they changed. A pair that cannot be used is said once, and the one in use stays: halfway
    /// through a renewal the certificate and the key do not belong together.
    func refresh(_ logger: Logger) {
        // The stamp is taken before reading: what is written meanwhile is read at the next look.
        let stamp = Stamp([files.certificatePath, files.keyPath])
        guard memory.withLock({ $0.stamp }) != stamp else { return }
        do {
            let fresh = try Self.read(files, asksForCertificates, stamp)
            memory.withLock { $0 = fresh }
            logger.notice("TLS certificate read again", metadata: ["file": "\(files.certificatePath)"])
        } catch {
            memory.withLock { $0.stamp = stamp }
            logger.error(
                "TLS certificate not usable, the one in use stays", metadata: ["error": "\(error)"])
        }
    }

    private static func read(
        _ files: HTTPServerConfiguration.TLSFiles, _ asksForCertificates: Bool, _ stamp: Stamp
    ) throws -> Memory {
        var configuration = try files.load()
        if asksForCertificates {
            // Asked for and not required; what is shown is judged by `CertificateAuthorities`, never by the system's.
            configuration.certificateVerification = .optionalVerification
            configuration.trustRoots = .certificates([])
        }
        do {
            return Memory(
                context: try NIOSSLContext(configuration: configuration), configuration: configuration, stamp: stamp)
        } catch {
            throw Fault(
                "http.tls_key", .ourselves, "The TLS key \(files.keyPath) is not the key of its certificate.",
                remedy: "Give the key that the certificate \(files.certificatePath) was made for.")
        }
    }
}
