import Foundation
import Storage
import Testing

@Suite("The tree is RFC 9162's")
struct MerkleTreeTests {
    /// The inputs of the published Certificate Transparency vector.
    static let inputs: [[UInt8]] = [
        [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
        [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        [0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F],
    ]
    static func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

    @Test func publishedVector() {
        #expect(
            Self.hex(MerkleTree.root(Self.inputs.map { MerkleTree.leafHash($0) }))
                == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
        #expect(
            Self.hex(MerkleTree.emptyRoot) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func everyInclusionProofHoldsAndNoOther() throws {
        let leaves = (0..<20).map { MerkleTree.leafHash([UInt8($0)]) }
        for size in 1...20 {
            let part = Array(leaves[..<size])
            let root = MerkleTree.root(part)
            for index in 0..<size {
                let proof = try #require(MerkleTree.inclusionProof(index, in: part))
                let holds = { (leaf: [UInt8], at: Int64, proof: [[UInt8]]) in
                    MerkleTree.verifyInclusion(leaf: leaf, index: at, size: Int64(size), proof: proof, root: root)
                }
                #expect(holds(part[index], Int64(index), proof))
                #expect(!holds(MerkleTree.leafHash([99]), Int64(index), proof))
                #expect(!holds(part[index], Int64(size), proof))
                #expect(!holds(part[index], -1, proof))
                #expect(!holds(part[index], Int64(index), proof + [root]))
                if !proof.isEmpty { #expect(!holds(part[index], Int64(index), Array(proof.dropLast()))) }
            }
        }
        #expect(MerkleTree.inclusionProof(20, in: leaves) == nil)
    }

    @Test func everyConsistencyProofHoldsAndNoOther() throws {
        let leaves = (0..<20).map { MerkleTree.leafHash([UInt8($0)]) }
        for new in 1...20 {
            let newRoot = MerkleTree.root(Array(leaves[..<new]))
            for old in 1...new {
                let oldRoot = MerkleTree.root(Array(leaves[..<old]))
                let proof = try #require(MerkleTree.consistencyProof(from: old, in: Array(leaves[..<new])))
                let holds = { (root: [UInt8], proof: [[UInt8]]) in
                    MerkleTree.verifyConsistency(
                        oldSize: Int64(old), newSize: Int64(new), oldRoot: root, newRoot: newRoot, proof: proof)
                }
                #expect(holds(oldRoot, proof))
                #expect(!holds(MerkleTree.leafHash([77]), proof))
                #expect(!holds(oldRoot, proof + [newRoot]))
            }
        }
        #expect(MerkleTree.consistencyProof(from: 0, in: leaves) == nil)
        #expect(MerkleTree.consistencyProof(from: 21, in: leaves) == nil)
    }

    @Test func theFrontierSurvivesStorage() throws {
        var frontier = MerkleFrontier()
        for index in 0..<100 {
            let stored = try #require(MerkleFrontier(size: frontier.size, bytes: frontier.bytes))
            #expect(stored.root == frontier.root)
            frontier = stored
            frontier.append(MerkleTree.leafHash([UInt8(index)]))
        }
        #expect(MerkleFrontier(size: 3, bytes: [1]) == nil)
    }

    static let judge = ProcessInfo.processInfo.environment["JUDGE_PYTHON"] ?? "python3"
    static var hasJudge: Bool { (try? runProgram([judge, "-c", "import pymerkle"], input: ""))?.status == 0 }

    @Test(
        .enabled(
            if: hasJudge, "SKIPPED: PyPI's pymerkle is not installed, so the outside judge of proofs did not speak"))
    func pymerkleAgrees() throws {
        let data = (0..<33).map { [UInt8]("event \($0)".utf8) }
        let leaves = data.map { MerkleTree.leafHash($0) }
        var cases: [String] = ["data " + data.map(Self.hex).joined(separator: " ")]
        for size in [1, 2, 3, 8, 21, 33] {
            let part = Array(leaves[..<size])
            cases.append("root \(size) " + Self.hex(MerkleTree.root(part)))
            for index in [0, size / 2, size - 1] {
                let proof = try #require(MerkleTree.inclusionProof(index, in: part))
                cases.append("inclusion \(index) \(size) " + proof.map(Self.hex).joined(separator: " "))
            }
            let old = max(1, size / 2 + 1)
            let proof = try #require(MerkleTree.consistencyProof(from: min(old, size), in: part))
            cases.append("consistency \(min(old, size)) \(size) " + proof.map(Self.hex).joined(separator: " "))
        }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Tools/pymerkle_judge.py").path
        let outcome = try runProgram([Self.judge, script], input: cases.joined(separator: "\n") + "\n")
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(outcome.output.contains("agreed on \(cases.count - 1)"), "\(outcome.output)")
    }
}
