"""python -m saml_interop --gatehouse PATH [--json] [--markdown FILE] [--keep-log FILE] [--only FEATURE,…] [PEER …]
Serves gateways, and lets programs of others that speak SAML 2.0 work with them: each way is a cell of a table, which
--markdown writes. Exit status 1 where a cell failed. A peer that is not installed is left out, and its cells say so."""
import argparse
import datetime
import json
import os
import subprocess
import sys

from harness.scratch import Scratch

from .at_federation import AtFederation
from .at_identity_providers import AtIdentityProvider
from .at_service_providers import AtServiceProvider
from . import apache, lemonldap, satosa, service_provider, shibboleth, simplesamlphp, simplesamlphp_sp
from .federation import Federation
from .identity_provider import Lasso, PySAML2
from .matrix import NAMES, Matrix
from .stage import Stage

PEERS = [(AtIdentityProvider, "sp", kind) for kind in (PySAML2, Lasso, simplesamlphp.IdentityProvider, lemonldap.IdentityProvider,
    satosa.IdentityProvider)]
PEERS += [(AtServiceProvider, "idp", kind) for kind in (
    service_provider.PySAML2, service_provider.Lasso, service_provider.Python3SAML, service_provider.RubySAML,
    simplesamlphp_sp.ServiceProvider, apache.Mellon, shibboleth.Shibboleth, lemonldap.ServiceProvider,
    satosa.ServiceProvider)]
PEERS += [(AtFederation, "md", Federation)]


def main():
    parser = argparse.ArgumentParser(
        prog="saml_interop", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--gatehouse", metavar="PATH", required=True)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", metavar="FILE")
    parser.add_argument("--keep-log", metavar="FILE", help="a copy of what the gateways logged")
    parser.add_argument("--only", metavar="FEATURE,…", help=", ".join(NAMES))
    parser.add_argument("names", nargs="*", metavar="PEER", help=", ".join(f"{role}:{kind.KEY}" for _, role, kind in PEERS))
    given = parser.parse_args()
    known = [f"{role}:{kind.KEY}" for _, role, kind in PEERS]
    if unknown := [name for name in given.names if name not in known]:
        parser.error(f"no peer named {', '.join(unknown)}; there are {', '.join(known)}")
    only = given.only.split(",") if given.only else None
    for name in ("gatehouse", "markdown", "keep_log"):
        if getattr(given, name):
            setattr(given, name, os.path.abspath(getattr(given, name)))
    matrix = Matrix(shown=(lambda cell: None) if given.json else show)
    with Scratch("saml-interop") as scratch:
        os.chdir(scratch.folder)
        stage = Stage(scratch, given.gatehouse)
        for check, role, kind in PEERS:
            if not given.names or f"{role}:{kind.KEY}" in given.names:
                check(stage, matrix, kind).run(only)
        if given.keep_log:
            with open(given.keep_log, "w", encoding="utf-8") as file:
                file.write("".join(stage.logs))
    if given.json:
        print(json.dumps([cell.json for cell in matrix.cells], indent=1))
    else:
        print(", ".join(f"{count} {result}" for result, count in matrix.counts().items()))
    if given.markdown:
        with open(given.markdown, "w", encoding="utf-8") as file:
            file.write(matrix.markdown(version(given.gatehouse), datetime.date.today().isoformat()))
    return 1 if matrix.failed else 0


def show(cell):
    print(f"{cell.result:5} {cell.role:4} {cell.peer:16} {cell.feature:10} {cell.seconds:5.1f} s  {cell.text}", flush=True)


def version(program):
    done = subprocess.run([program, "--version"], capture_output=True, text=True)
    return ("Gatehouse " + done.stdout.strip()).strip()


sys.exit(main())
