import Foundation

/// The tree these tests read: found from where this file was compiled, so that they need no configuration; through
/// links, because the folder of tests may be linked into another package.
struct House {
    let root: String

    static let here = House(root: ancestor(of: #filePath, levels: 3))

    private static func ancestor(of path: String, levels: Int) -> String {
        (0..<levels).reduce((path as NSString).resolvingSymlinksInPath) { folder, _ in
            (folder as NSString).deletingLastPathComponent
        }
    }

    func text(_ path: String) throws -> String {
        try String(contentsOfFile: root + "/" + path, encoding: .utf8)
    }

    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root + "/" + path)
    }

    func topLevel() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root).sorted()
    }

    func folders(in path: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + path)) ?? []
        return names.filter { !$0.hasPrefix(".") && isFolder(path + "/" + $0) }.sorted()
    }

    /// Paths relative to the root of every file below a folder, hidden ones (build products) left out.
    func files(under folder: String, endingWith suffix: String = "") -> [String] {
        let keys: Set<URLResourceKey> = [.isRegularFileKey]
        let base = URL(fileURLWithPath: root + "/" + folder)
        guard
            let walk = FileManager.default.enumerator(
                at: base, includingPropertiesForKeys: Array(keys), options: [.skipsHiddenFiles])
        else { return [] }
        var found: [String] = []
        for case let url as URL in walk where url.path.hasSuffix(suffix) {
            guard (try? url.resourceValues(forKeys: keys))?.isRegularFile == true else { continue }
            found.append(String(url.path.dropFirst(root.count + 1)))
        }
        return found.sorted()
    }

    /// Every Swift file below `Sources`, `Tests` or a folder of theirs; each of the two is read once.
    func sources(under folder: String = "Sources") throws -> [SourceFile] {
        let all = try folder.hasPrefix("Tests") ? Self.tests.get() : Self.product.get()
        return all.filter { $0.path.hasPrefix(folder + "/") }
    }

    private static let product = Result { try here.read("Sources") }
    private static let tests = Result { try here.read("Tests") }

    private func read(_ folder: String) throws -> [SourceFile] {
        try files(under: folder, endingWith: ".swift").map { SourceFile(path: $0, text: try text($0)) }
    }

    private func isFolder(_ path: String) -> Bool {
        var folder: ObjCBool = false
        return FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &folder) && folder.boolValue
    }
}
