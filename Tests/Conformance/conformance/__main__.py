"""python -m conformance --gatehouse PATH [--plan basic,config,rp-logout,backchannel,fapi2,fapi2-mtls,attacks] [--only NAME,…]
                         [--json] [--markdown FILE] [--keep-log FILE] [--dpop-nonce]
python -m conformance --gatehouse PATH --prove

Serves the gateway with a configuration of its own and holds it to the modules. Exit status 1 when a module FAILED.
--prove judges the judge: answers are spoiled one by one, and the modules have to find each fault."""
import argparse
import json
import sys
import time

from harness.scratch import Scratch

from . import faults, report
from .plans import PLANS
from .suite import run
from .verdict import FAILED
from .world import World


def main():
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--gatehouse", required=True, metavar="PATH")
    parser.add_argument("--plan", default=",".join(plan.key for plan in PLANS))
    parser.add_argument("--only", default="", help="modules whose names contain one of these")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", metavar="FILE")
    parser.add_argument("--keep-log", metavar="FILE", help="a copy of what the gateway logged")
    parser.add_argument("--dpop-nonce", action="store_true", help="a gateway that asks for nonces in proofs (RFC 9449 §8)")
    parser.add_argument("--prove", action="store_true", help="spoil the answers, and see that it is found")
    given = parser.parse_args()
    known = {plan.key: plan for plan in PLANS}
    wanted = given.plan.split(",")
    if unknown := [key for key in wanted if key not in known]:
        parser.error(f"no plan named {', '.join(unknown)}; there are {', '.join(known)}")
    plans = [plan for plan in PLANS if plan.key in wanted]

    def told(verdict):
        if not given.json:
            sys.stdout.write(report.line(verdict) + "\n")
            sys.stdout.flush()

    began = time.monotonic()
    with Scratch("conformance") as scratch:
        try:
            world = World(scratch, given.gatehouse, {"dpop_nonce": True} if given.dpop_nonce else None)
            if given.prove:
                missed = faults.prove(PLANS, world, print)
                print("\n".join([*(f"NOT FOUND: {one}" for one in missed), f"{len(faults.FAULTS)} faults"]))
                return 1 if missed else 0
            verdicts = run(plans, world, [part for part in given.only.split(",") if part], told)
        finally:
            if given.keep_log:
                keep(scratch, given.keep_log)
        if world.gateway.process.poll() is not None:
            print("The gateway ended while it was judged.", file=sys.stderr)
            return 1
    seconds = time.monotonic() - began
    if given.markdown:
        with open(given.markdown, "w", encoding="utf-8") as file:
            file.write(report.markdown(plans, verdicts))
    if given.json:
        print(json.dumps({"seconds": round(seconds, 1), "modules": [verdict.json for verdict in verdicts]}, indent=1))
    else:
        print(report.totals(plans, verdicts, seconds))
    return 1 if any(verdict.result == FAILED for verdict in verdicts) else 0


def keep(scratch, path):
    try:
        with open(scratch.path("serve.log"), "rb") as log, open(path, "wb") as copy:
            copy.write(log.read())
    except OSError:
        pass


sys.exit(main())
