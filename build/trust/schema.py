"""Checks a bill of materials, from standard input, against the schema of CycloneDX 1.6; runs where cyclonedx-bom is."""

import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read()):
    sys.exit(f"The bill is no CycloneDX 1.6: {error}")
