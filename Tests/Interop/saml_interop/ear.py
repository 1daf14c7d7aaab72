"""Where a library is asked by SOAP: it listens nowhere itself, so we listen, and it answers."""
from interop.relay import Listener

from . import scripts


class Ear(Listener):
    """Says what `hears(body)` makes of an envelope, or that it made nothing of it."""

    def __init__(self, stage, hears):
        self.hears, self.log = hears, ""
        super().__init__(stage)

    def answer(self, handler, body):
        try:
            status, said = 200, self.hears((body or b"").decode())
        except scripts.Failed as error:
            status, said = 500, ""
            self.log += f"{error}\n"
        self.say(handler, status, [("Content-Type", "text/xml; charset=utf-8")], said.encode())
