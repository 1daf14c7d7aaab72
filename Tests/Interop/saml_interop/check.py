"""What the checks of both roles have in common: a peer that is started, each way of working together in its cell, and an end."""
from . import messages
from .matrix import FEATURES, Skip


class Check:
    """One peer. A check of a role has a method of each feature's name, which raises where it does not hold."""
    # The gateway's, in the table; and what is tried.
    ROLE, FEATURES = "", tuple(FEATURES)

    def __init__(self, stage, matrix, kind):
        self.stage, self.matrix, self.kind = stage, matrix, kind
        self.peer, self._running = None, []

    def run(self, only=None):
        features = [name for name in self.FEATURES if not only or name in only]
        self.first, broken = next(iter(features), None), None
        try:
            if reason := self.kind.missing():
                raise Skip(reason)
            self.matrix.versions[self.kind.TITLE.split(",")[0]] = self.kind.version()
            self.begin()
        except Exception as error:  # told in every cell
            broken = error
        try:
            for feature in features:
                self.matrix.cell(self.ROLE, self.kind.TITLE, feature, lambda feature=feature: self.check(feature, broken))
        finally:
            for one in reversed(self._running):
                one.stop()

    def check(self, feature, broken):
        if broken:
            raise broken if isinstance(broken, Skip) or feature == self.first else AssertionError("it did not start")
        if reason := self.peer.LACKS.get(feature):
            raise Skip(reason)
        return getattr(self, feature)()

    def begin(self):
        """Starts the peer and the gateways, each with `started`."""
        raise NotImplementedError

    def started(self, one):
        """Remembers what is to be stopped at the end, the newest first."""
        self._running.append(one)
        return one

    @staticmethod
    def needs(house, role, service, reason):
        """Leaves the feature out where the gateway publishes no such service."""
        if not messages.endpoints(house.metadata, role, service):
            raise Skip(reason)
