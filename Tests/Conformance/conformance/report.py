"""What was found, for people at a terminal and for the page in the documentation."""
from . import SUITE
from .faults import FAULTS
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
            lines.append(f"{plan.title}: {number(len(mine), 'module')}, "
                         + ", ".join(f"{count} {result}" for result, count in counted(mine).items() if count))
    lines.append(f"{number(len(verdicts), 'module')} in {seconds:.0f} s")
    return "\n".join(lines)


def number(count, noun):
    return f"{count} {noun}" + ("" if count == 1 else "s")


def markdown(plans, verdicts):
    """docs/conformance.md."""
    parts = [INTRODUCTION.format(suite=SUITE, faults=len(FAULTS))]
    parts.append("| plan | modules | PASSED | WARNING | SKIPPED | FAILED |\n|---|---|---|---|---|---|")
    for plan in plans:
        mine = [verdict for verdict in verdicts if verdict.plan == plan.key]
        if mine:
            counts = " | ".join(str(count) for count in counted(mine).values())
            parts.append(f"| {plan.title} (`{plan.key}`) | {len(mine)} | {counts} |")
    parts.append("\n" + DIFFERENCES)
    for plan in plans:
        mine = [verdict for verdict in verdicts if verdict.plan == plan.key]
        if not mine:
            continue
        parts.append(f"## {plan.title}\n")
        parts.append(f"Reproduced {plan.reproduced}.\n")
        parts.append("| module | result | remark |\n|---|---|---|")
        for verdict in mine:
            remark = "; ".join(finding.removeprefix(f"{verdict.result}: ") for finding in verdict.findings)
            parts.append(f"| `{verdict.name}` | {verdict.result} | {cell(remark)} |")
        if plan.left_out:
            parts.append("\nLeft out:\n\n" + "\n".join(f"- `{name}`: {reason}" for name, reason in plan.left_out))
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")[:400]


INTRODUCTION = """# Conformance

The gateway as OpenID Provider, self-checked against the OpenID conformance suite, commit {suite} (2026-08-20). It is not
certified, and this page claims nothing that only the OpenID Foundation can say: the suite itself is not run here. Its modules are
reproduced in `Tests/Conformance`, by their names and with its severities, from outside over TLS; every token is verified by two
libraries that are not ours (joserfc, jwcrypto). `make conformance` runs them and writes this page; the tests fail when a module does.
Before that the judge is judged: {faults} faults are put into the gateway's answers, one by one, and the modules have to find each.

PASSED; WARNING where the suite only warns; SKIPPED where it lets a provider not offer something; FAILED.
"""

DIFFERENCES = """What is not as in the suite:

- Conditions were written anew after the modules and a summary of them. What the suite asks in passing and no module is about (which
  ciphers each endpoint takes, `x-fapi-interaction-id`) is asked once or not at all.
- Where the suite wants a picture of a page from somebody, the page's status and forms are looked at.
- The browser is a program without scripts: it keeps the rules of cookies (`SameSite`, prefixes), fills forms, and follows redirects.
- Clients are configured, where a module does not ask for registration.
- The resource of the FAPI modules is userinfo.
- Plans of response types that are never offered (implicit, hybrid), of front-channel logout and session management have nothing to
  ask here.
"""
