"""launchd_judge.py UNIT: reads the launchd plist as macOS would, and holds it to the systemd unit that does the same."""
import plistlib
import sys

KNOWN = {
    "Label": str, "ProgramArguments": list, "EnvironmentVariables": dict, "UserName": str, "GroupName": str,
    "InitGroups": bool, "Umask": int, "RunAtLoad": bool, "KeepAlive": dict, "ThrottleInterval": int, "ExitTimeOut": int,
    "ProcessType": str, "SoftResourceLimits": dict, "HardResourceLimits": dict, "StandardOutPath": str,
    "StandardErrorPath": str,
}
SEED = {
    "NATS_URL": "nats://localhost:4222", "STREAM_NAME": "POLICY_EVENTS", "LOG_LEVEL": "info", "SNAPSHOT_FREQUENCY": "100",
}
PATH = "config/launchd/org.gatehouse.gateway.plist"


def lines(unit):
    found = {}
    for line in open(unit, encoding="utf-8"):
        key, _, value = line.strip().partition("=")
        found.setdefault(key, []).append(value)
    return found


with open(PATH, "rb") as file:
    job = plistlib.load(file)
unit = lines(sys.argv[1])
environment = job["EnvironmentVariables"]

for key, value in job.items():
    assert type(value) is KNOWN.get(key), f"{key} is not known to launchd, or of another type"
assert PATH.endswith("/" + job["Label"] + ".plist"), "the file is not called by its label"
assert " ".join(job["ProgramArguments"]) == unit["ExecStart"][0], "systemd starts something else"
assert oct(job["Umask"])[2:].zfill(4) == unit["UMask"][0], "another umask than systemd's"
assert f"{job['ExitTimeOut']}s" == unit["TimeoutStopSec"][0], "another time to stop than systemd's"
assert str(job["SoftResourceLimits"]["NumberOfFiles"]) == unit["LimitNOFILE"][0], "another number of files"
assert job["SoftResourceLimits"]["Core"] == 0 and job["HardResourceLimits"]["Core"] == 0, "memory may be dumped"
assert job["KeepAlive"] == {"SuccessfulExit": False}, "a gateway that was stopped would come back"
assert f"GATEHOUSE_CONFIG={environment['GATEHOUSE_CONFIG']}" in unit["Environment"], "another configuration"
assert {name: environment[name] for name in SEED} == SEED, "not the seed's variables and defaults"
assert all(type(value) is str for value in environment.values()), "variables are text"
print(f"{PATH}: {len(job)} keys, as gatehouse.service has them")
