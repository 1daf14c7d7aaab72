"""What a module found, in the suite's words."""

PASSED, WARNING, SKIPPED, FAILED = "PASSED", "WARNING", "SKIPPED", "FAILED"
ORDER = {SKIPPED: 0, PASSED: 1, WARNING: 2, FAILED: 3}


class Stop(Exception):
    """Nothing more can be asked in this module; what it found is noted already."""


class Skip(Exception):
    """The provider need not offer what this module asks about."""


class Verdict:
    """One module's findings. `fail` and `warn` note and go on, `need` notes and stops."""

    def __init__(self, plan, name):
        self.plan, self.name = plan, name
        self.result = PASSED
        self.findings = []
        self.seconds = 0.0

    def note(self, result, text):
        # What fifty answers have in common is told once.
        if f"{result}: {text}" not in self.findings:
            self.findings.append(f"{result}: {text}")
        if ORDER[result] > ORDER[self.result]:
            self.result = result

    def fail(self, text):
        self.note(FAILED, text)

    def warn(self, text):
        self.note(WARNING, text)

    def check(self, held, text):
        if not held:
            self.fail(text)
        return bool(held)

    def should(self, held, text):
        if not held:
            self.warn(text)
        return bool(held)

    def need(self, held, text):
        if not held:
            self.fail(text)
            raise Stop

    def skip(self, text):
        raise Skip(text)

    @property
    def json(self):
        return {"plan": self.plan, "module": self.name, "result": self.result, "findings": self.findings,
                "seconds": round(self.seconds, 2)}
