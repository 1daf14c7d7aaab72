"""The modules by plan, and how they are run: beside each other, each with a person of its own."""
import concurrent.futures
import time
import traceback

from .verdict import FAILED, SKIPPED, Skip, Stop, Verdict


class Plan:
    """A plan of the suite, or one of our own, and its modules in order."""

    def __init__(self, key, title, prefix="", reproduced="", left_out=(), standing=None, signed=False,
                 certified=False):
        self.key, self.title, self.prefix = key, title, prefix
        self.reproduced, self.left_out = reproduced, list(left_out)
        # Parameters of every authorization request.
        self.standing = standing or {}
        # Whether what is pushed is a signed request object.
        self.signed = signed
        # Whether clients prove themselves, and their tokens are bound, by certificates.
        self.certified = certified
        self.modules = []

    def module(self, name, seconds=0, alone=False):
        """Registers a function as a module. `seconds` is how long it has to wait, so that it begins early; one that
        disturbs the others runs `alone` after all of them."""
        def register(function):
            self.modules.append(Module(self, self.prefix + name, function, seconds, alone))
            return function
        return register

    def again(self, other, but=()):
        """Takes another plan's modules, to be run as this plan asks."""
        for module in other.modules:
            if module.name not in but:
                self.modules.append(Module(self, module.name, module.function, module.seconds, module.alone))
        return self


class Module:
    def __init__(self, plan, name, function, seconds, alone):
        self.plan, self.name, self.function, self.seconds, self.alone = plan, name, function, seconds, alone

    def run(self, world):
        verdict = Verdict(self.plan.key, self.name)
        began = time.monotonic()
        try:
            self.function(world.room(verdict, self.plan))
        except Stop:
            pass
        except Skip as skip:
            if verdict.result == FAILED:
                verdict.findings.append(f"then {skip}")
            else:
                verdict.result = SKIPPED
                verdict.findings.append(str(skip))
        except AssertionError as error:
            verdict.fail(str(error) or traceback.format_exc(limit=-2).replace("\n", " "))
        except Exception as error:  # a fault of the judge is no pass either
            verdict.fail(f"the judge failed: {type(error).__name__} {error} {traceback.format_exc(limit=-3)}")
        verdict.seconds = time.monotonic() - began
        return verdict


def run(plans, world, only=None, told=None, exactly=None):
    """Runs the modules of the plans; those that mostly wait have threads of their own, four others run at a time."""
    modules = [module for plan in plans for module in plan.modules
               if (exactly is None or module in exactly)
               and (not only or any(part in module.name for part in only))]
    waiting = sorted((module for module in modules if module.seconds), key=lambda module: -module.seconds)
    done = {}

    def one(module):
        done[module] = module.run(world)
        if told:
            told(done[module])

    with concurrent.futures.ThreadPoolExecutor(max(1, len(waiting))) as patient, \
            concurrent.futures.ThreadPoolExecutor(4) as quick:
        futures = [patient.submit(one, module) for module in waiting]
        futures += [quick.submit(one, module) for module in modules if not module.seconds and not module.alone]
        for future in futures:
            future.result()
    for module in modules:
        if module.alone:
            one(module)
    return [done[module] for module in modules]
