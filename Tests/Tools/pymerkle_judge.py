"""Judges roots and proofs made by Gatehouse with PyPI's pymerkle, an independent implementation of Merkle trees.

Reads lines on standard input: `data HEX…` once, then `root SIZE HEX`, `inclusion INDEX SIZE HEX…` and
`consistency OLD NEW HEX…`. Exits 1 at the first disagreement. Inclusion paths must be pymerkle's own, hash for hash.
Consistency paths are written down differently by pymerkle, so ours are checked by RFC 9162 §2.1.4.2 with pymerkle's
hashes between pymerkle's roots.
"""
import sys

from pymerkle import InmemoryTree, verify_consistency, verify_inclusion


def consistent(hash_pair, old, new, old_root, new_root, path):
    if old == new:
        return not path and old_root == new_root
    if old & (old - 1) == 0:
        path = [old_root] + path
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for node in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = hash_pair(node, fr), hash_pair(node, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = hash_pair(sr, node)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root


def judge(tree, kind, rest):
    if kind == "root":
        return tree.get_state(int(rest[0])).hex() == rest[1]
    first, size = int(rest[0]), int(rest[1])
    ours = [bytes.fromhex(text) for text in rest[2:] if text]
    if kind == "inclusion":
        theirs = tree.prove_inclusion(first + 1, size)
        verify_inclusion(tree.get_leaf(first + 1), tree.get_state(size), theirs)
        return ours == theirs.path[1:]
    theirs = tree.prove_consistency(first, size)
    verify_consistency(tree.get_state(first), tree.get_state(size), theirs)
    return consistent(theirs.hasher.hash_pair, first, size, tree.get_state(first), tree.get_state(size), ours)


def main():
    lines = [line.split(" ") for line in sys.stdin.read().splitlines()]
    tree = InmemoryTree(algorithm="sha256")
    for text in lines[0][1:]:
        tree.append_entry(bytes.fromhex(text))
    for kind, *rest in lines[1:]:
        if not judge(tree, kind, rest):
            sys.exit(f"disagreement: {kind} {' '.join(rest[:2])}")
    print(f"agreed on {len(lines) - 1}")


main()
