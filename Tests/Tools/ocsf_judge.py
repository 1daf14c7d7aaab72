"""Reads OCSF events, one JSON object a line, and says of each what the schema of its class has against it."""
import json
import sys

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.7.0"))
validators = {}
count = 0
for line in sys.stdin:
    event = json.loads(line)
    uid = event["class_uid"]
    if uid not in validators:
        name = schemas.lookup_class_name_from_uid(class_uid=uid)
        validators[uid] = Draft202012Validator(schemas.get_class_schema(name))
    for fault in validators[uid].iter_errors(event):
        print(event["metadata"]["event_code"], "/".join(map(str, fault.absolute_path)), fault.message[:300])
    count += 1
print("judged", count)
