"""Validates the Kubernetes manifests of files by the published schema, refusing unknown fields.

Prints each manifest as a line of JSON, behind its file; mistakes go to stderr, and the exit code is 1.
"""

import json
import sys

import kubernetes_validate
import yaml

failed = False
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        for manifest in yaml.load_all(file, Loader=yaml.CSafeLoader):
            try:
                kubernetes_validate.validate(manifest, "1.37", strict=True)
            except Exception as error:
                failed = True
                print(f"{path}: {error}", file=sys.stderr)
            print(json.dumps({"file": path, "manifest": manifest}))
sys.exit(failed)
