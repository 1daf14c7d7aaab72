"""python -m interop --gatehouse PATH [--json] [--markdown FILE] [--keep-log FILE] [NAME …]
python -m interop --offers NAME

Serves the gateway, lets clients of others work with it, and lets it sign people in at providers of others. A tool that
is not installed is SKIPPED, and says so. Exit status 1 when one FAILED. --offers only says whether a tool is here: exit
status 0, or 3 and why not."""
import argparse
import json
import os
import sys
import time

from . import (
    authlib_client, gatehouse_upstream, glewlwyd, idpyoidc_client, lemonldap, mcp_sdk, mod_auth_openidc, mod_oauth2,
    oidc_agent, oidc_provider_mock, sssd)
from .stage import Stage, Told

from harness.scratch import Scratch

DRIVERS = [
    authlib_client, idpyoidc_client, mcp_sdk, mod_auth_openidc, mod_oauth2, oidc_agent, sssd,
    # And providers that the gateway is itself a client of.
    gatehouse_upstream, glewlwyd, lemonldap, oidc_provider_mock,
]


def main():
    parser = argparse.ArgumentParser(prog="interop", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--gatehouse", metavar="PATH")
    parser.add_argument("--offers", metavar="NAME")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", metavar="FILE")
    parser.add_argument("--keep-log", metavar="FILE", help="a copy of what the gateways logged")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(driver.NAME for driver in DRIVERS))
    given = parser.parse_args()
    known = {driver.NAME: driver for driver in DRIVERS}
    if given.offers:
        reason = known[given.offers].missing() if given.offers in known else "there is no such client or provider"
        print(reason or "")
        return 3 if reason else 0
    if not given.gatehouse:
        parser.error("--gatehouse is missing")
    if unknown := [name for name in given.names if name not in known]:
        parser.error(f"no client or provider named {', '.join(unknown)}; there are {', '.join(known)}")
    wanted = [driver for driver in DRIVERS if not given.names or driver.NAME in given.names]
    found = []
    for name in ("gatehouse", "markdown", "keep_log"):
        if getattr(given, name):
            setattr(given, name, os.path.abspath(getattr(given, name)))
    with Scratch("interop") as scratch:
        # Some of them put keys of their own where they stand.
        os.chdir(scratch.folder)
        stage = Stage(scratch, given.gatehouse, DRIVERS)
        for driver in wanted:
            found.append(one(driver, stage))
            if not given.json:
                print("\n".join([f"{found[-1].result:7}  {driver.NAME}  ({found[-1].seconds:.1f} s)",
                                 *(f"         {step}" for step in found[-1].steps)]), flush=True)
        if given.keep_log:
            with open(given.keep_log, "w", encoding="utf-8") as file:
                file.write("".join([stage.gateway.log, *stage.logs]))
    if given.json:
        print(json.dumps([told.json for told in found], indent=1))
    if given.markdown:
        with open(given.markdown, "w", encoding="utf-8") as file:
            file.write(markdown(found))
    return 1 if any(told.result == "FAILED" for told in found) else 0


def one(driver, stage):
    told, began = Told(driver.NAME), time.monotonic()
    try:
        if reason := driver.missing():
            told.result, told.steps = "SKIPPED", [reason]
        else:
            driver.run(stage, told)
    except Exception as error:  # what the client says against us, in its own words
        told.result = "FAILED"
        told.steps.append(f"FAILED: {type(error).__name__} {error}"[:3000])
    told.seconds = time.monotonic() - began
    return told


def markdown(found):
    lines = ["| client or provider | result | proves |", "|---|---|---|"]
    for told in found:
        lines.append(f"| {told.name} | {told.result} | {'; '.join(told.steps)} |")
    return "\n".join(lines) + "\n"


sys.exit(main())
