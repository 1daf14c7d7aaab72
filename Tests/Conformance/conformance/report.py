"""What was found, for people at a terminal and for the page in the documentation."""
from . import SUITE
from .verdict import FAILED, PASSED, SKIPPED, WARNING

RESULTS = [PASSED, WARNING, SKIPPED, FAILED]


def line(verdict):
    text = f"{verdict.result:7}  {verdict.name}  ({verdict.seconds:.1f} s)"
    return "\n".join([text, *(f"         {finding}" for finding in verdict.findings)])


def counted(verdicts):
    return {result: sum(verdict.result == result for verdict in verdicts) for result in RESULTS}


def totals(plans, verdicts, seconds):
    lines = [""]
    for plan in plans:
        mine = [verdict for verdict in verdicts if verdict.plan == plan.key]
        if mine:
            lines.append(f"{plan.title}: {len(mine)} modules, "
                         + ", ".join(f"{count} {result}" for result, count in counted(mine).items() if count))
    lines.append(f"{len(verdicts)} modules in {seconds:.0f} s")
    return "\n".join(lines)


def markdown(plans, verdicts):
    """The tables of docs/conformance.md."""
    parts = [INTRODUCTION.format(suite=SUITE)]
    for plan in plans:
        mine = [verdict for verdict in verdicts if verdict.plan == plan.key]
        if not mine:
            continue
        counts = counted(mine)
        parts.append(f"## {plan.title}\n")
        parts.append(f"{len(mine)} modules: " + ", ".join(f"{counts[result]} {result}" for result in RESULTS if counts[result])
                     + f". Reproduced {plan.reproduced}.\n")
        parts.append("| module | result | remark |\n|---|---|---|")
        for verdict in mine:
            remark = "; ".join(finding.removeprefix(f"{verdict.result}: ") for finding in verdict.findings)
            parts.append(f"| `{verdict.name}` | {verdict.result} | {cell(remark)} |")
        if plan.left_out:
            parts.append("\nLeft out: " + "; ".join(f"`{name}` ({reason})" for name, reason in plan.left_out) + ".")
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def cell(text):
    """Without what differs from run to run, so that the page changes only when a result does."""
    return text.replace("|", "\\|").replace("\n", " ")[:400]


INTRODUCTION = """# Conformance

The gateway as OpenID Provider, self-checked against the OpenID conformance suite, commit {suite} (2026-08-20). It is not
certified, and this page claims nothing that the OpenID Foundation would have to say: the suite itself is not run here. Its modules
are reproduced in `Tests/Conformance`, by their names, with its severities, from outside over TLS; every token is verified by two
libraries that are not ours. `make conformance` runs them and writes this page, and the tests fail when a module does.

PASSED; WARNING where the suite warns only; SKIPPED where the suite lets a provider not offer something; FAILED.
"""
