"""The table: a row for a way of working together, a column for a peer, and in each cell what came of it."""
import time

ROLES = {
    "sp": "The gateway as service provider", "idp": "The gateway as identity provider",
    "md": "Metadata of a federation"}
FEATURES = {
    "redirect": "request by Redirect", "post": "request by POST", "signed": "signed request", "unsigned": "unsigned request",
    "attributes": "attributes by their OIDs",
    "response": "response signed", "assertion": "assertion signed", "both": "both signed", "gcm": "assertion by AES-GCM",
    "cbc": "assertion by CBC, refused", "slo_sp": "logout begun at the service provider",
    "slo_idp": "logout begun at the identity provider", "rollover": "a key changed meanwhile", "force": "ForceAuthn",
    "passive": "IsPassive", "artifact": "Artifact",
}
# What a gateway is as identity provider alone.
CLIENTS = {"ecp": "ECP, by a client that is no browser"}
METADATA = {
    "mdq_idp": "an identity provider by MDQ", "mdq_sp": "an application by MDQ",
    "aggregate": "an identity provider of a signed aggregate",
    "own": "the gateway's own, by MDQ to pysaml2", "stranger": "signed by another key, refused",
    "forged": "changed on the way, refused", "other": "about somebody else, refused",
}
NAMES = {**FEATURES, **CLIENTS, **METADATA}


class Skip(Exception):
    """It cannot be tried, and why: what one of the two does not do, or what is not installed."""


class Cell:
    def __init__(self, role, peer, feature, result, text, seconds):
        self.role, self.peer, self.feature = role, peer, feature
        self.result, self.text, self.seconds = result, text, seconds

    @property
    def json(self):
        return {"role": self.role, "peer": self.peer, "feature": self.feature, "result": self.result, "text": self.text,
                "seconds": round(self.seconds, 1)}


class Matrix:
    def __init__(self, shown=print):
        self.cells, self.versions, self.shown = [], {}, shown

    def cell(self, role, peer, feature, work):
        """Does the work, which raises where it does not hold, and writes down what came of it."""
        began = time.monotonic()
        try:
            result, text = "pass", work() or ""
        except Skip as reason:
            result, text = "skip", str(reason)
        except Exception as error:  # whatever it is, it is the cell's
            result, text = "FAIL", f"{type(error).__name__}: {error}"[:3000]
        found = Cell(role, peer, feature, result, text, time.monotonic() - began)
        self.cells.append(found)
        self.shown(found)
        return found

    @property
    def failed(self):
        return [cell for cell in self.cells if cell.result == "FAIL"]

    def counts(self):
        return {result: sum(cell.result == result for cell in self.cells) for result in ("pass", "FAIL", "skip")}

    def markdown(self, gatehouse, today):
        """The document: what it is, the versions, a table for each role, and the reasons of what was left out."""
        counts = self.counts()
        lines = [
            "# SAML peers: what works with whom", "",
            "`make interop` starts each of these programs of others beside a gateway, has people sign in and out through a",
            "browser's eyes, and writes this page. Every cell is a check that fails where it does not hold: **pass** says that",
            "the peer and the gateway did it, a number that one of the two does not do it, with the reason below.", "",
            f"Written on {today} with {gatehouse}: {counts['pass']} pass, {counts['FAIL']} fail, {counts['skip']} left out.",
            "", "| peer | version |", "|---|---|",
            *(f"| {peer} | {version} |" for peer, version in self.versions.items()), ""]
        notes = []
        for role, title in ROLES.items():
            lines += self._table(role, title, notes)
        if notes:
            lines += ["## Left out, and why", "", *(f"{number}. {text}" for number, text in enumerate(notes, 1)), ""]
        return "\n".join(lines)

    def _table(self, role, title, notes):
        cells = [cell for cell in self.cells if cell.role == role]
        if not cells:
            return []
        peers = list(dict.fromkeys(cell.peer for cell in cells))
        features = {**NAMES, **{cell.feature: cell.feature for cell in cells if cell.feature not in NAMES}}
        lines = [f"## {title}", "", "| | " + " | ".join(peers) + " |", "|---" * (len(peers) + 1) + "|"]
        for feature, name in features.items():
            row = {cell.peer: cell for cell in cells if cell.feature == feature}
            if row:
                lines.append(f"| {name} | " + " | ".join(self._word(row.get(peer), notes) for peer in peers) + " |")
        return [*lines, ""]

    @staticmethod
    def _word(cell, notes):
        if cell is None:
            return ""
        if cell.result != "skip":
            return cell.result
        text = cell.text
        if text not in notes:
            notes.append(text)
        return f"[{notes.index(text) + 1}](#left-out-and-why)"
