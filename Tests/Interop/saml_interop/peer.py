"""What every peer has, whichever role it plays; where the libraries among them come from, and how they are asked."""
import importlib.metadata
import os

from interop import apache
from interop.stage import lacks

from . import messages, scripts


class Peer:
    # Its short name, its title in the table, and what it does not do, by feature.
    KEY = TITLE = ""
    LACKS = {}
    # What the gateway is told of it beside its metadata.
    ROW = {}

    @classmethod
    def missing(cls):
        """Why it cannot be tried here; None when it can."""
        return None

    @classmethod
    def version(cls):
        raise NotImplementedError

    @property
    def metadata(self):
        """What it says of itself."""
        raise NotImplementedError

    def stop(self):
        pass


class OfPyPI:
    """A library in Python: the name of its package, and what it is imported by."""
    PACKAGE = MODULE = ""

    @classmethod
    def missing(cls):
        return lacks(cls.MODULE)

    @classmethod
    def version(cls):
        return importlib.metadata.version(cls.PACKAGE) + " of PyPI"


class OfDebian:
    PACKAGE = ""

    @classmethod
    def missing(cls):
        return None if cls.is_there() else f"Debian's {cls.PACKAGE} is not installed (.ci/packages test)"

    @classmethod
    def is_there(cls):
        raise NotImplementedError

    @classmethod
    def version(cls):
        return apache.version(cls.PACKAGE) + " of Debian"


class PySAML2Package(OfPyPI):
    PACKAGE, MODULE = "pysaml2", "saml2"


class LassoPackage(OfDebian):
    PACKAGE = "python3-lasso"

    @classmethod
    def is_there(cls):
        return os.path.exists("/usr/lib/python3/dist-packages/lasso.py")


class Asked:
    """A library that is asked step by step, each a run of its script. Nobody listens at its addresses: the browser stops
    before them."""
    PROGRAM = SCRIPT = None
    # The role of its metadata, its keys there, and what every step is told.
    ROLE, base, published = "", {}, ()

    def step(self, step, script=None, **more):
        return scripts.run(self.PROGRAM, script or self.SCRIPT, {"step": step, **self.base, **more})

    def described(self, script=None, **more):
        """Its metadata, with the keys that it publishes now."""
        made = self.step("metadata", script, **more)["metadata"]
        return messages.with_keys(made, self.ROLE, [pair.text for pair in self.published])
