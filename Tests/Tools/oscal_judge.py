"""Judges an OSCAL document made by Gatehouse with PyPI's compliance-trestle, NIST's own community's implementation.

Reads the file that is named as assessment results: trestle holds it to the schema of OSCAL. Beyond the schema, every id
in it has to be its own, and every observation that a finding rests on has to be there. Prints `judged FINDINGS
OBSERVATIONS`; exits 1 with the reason otherwise.
"""
import pathlib
import sys

from trestle.oscal.assessment_results import AssessmentResults


def judge(path):
    results = AssessmentResults.oscal_read(pathlib.Path(path))
    if results is None:
        return "there is no such file"
    result = results.results[0]
    ids = [results.uuid, result.uuid]
    ids += [observation.uuid for observation in result.observations]
    ids += [finding.uuid for finding in result.findings]
    if len(ids) != len(set(ids)):
        return "an id stands twice"
    known = {observation.uuid for observation in result.observations}
    for finding in result.findings:
        for related in finding.related_observations:
            if related.observation_uuid not in known:
                return f"{finding.title} rests on an observation that is not there"
    plan = results.import_ap.href.lstrip("#")
    if plan not in {resource.uuid for resource in results.back_matter.resources}:
        return "the plan is not in the document"
    print("judged", len(result.findings), len(result.observations))
    return None


try:
    complaint = judge(sys.argv[1])
except Exception as error:  # trestle reports a broken schema in exceptions of several kinds
    complaint = str(error)
if complaint:
    print(complaint)
    sys.exit(1)
