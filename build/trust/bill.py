"""Writes the bill of materials: CycloneDX 1.6, the same bytes for the same folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from trust.inventory import Shipped


def bill(version: str, shipped: Sequence[Shipped]) -> str:
    """Return the document as JSON, sorted, without times and random numbers."""
    root = f"classmark@{version}"
    things = sorted(shipped, key=lambda one: one.ref)
    inside: dict[str, list[str]] = {root: []}
    packages = {one.what.name: one.ref for one in things if not one.parent}
    for one in things:
        inside.setdefault(packages.get(one.parent, root), []).append(one.ref)
        inside.setdefault(one.ref, [])
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": "classmark",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": [_component(one) for one in things],
        "dependencies": [{"ref": ref, "dependsOn": sorted(parts)} for ref, parts in sorted(inside.items())],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _component(one: Shipped) -> dict[str, Any]:
    described = one.distribution.described if one.distribution else {}
    what = one.what
    links = [{"type": "source-distribution", "url": what.source}] if what.source else []
    component = {
        **described,
        "type": what.kind,
        "bom-ref": one.ref,
        "name": what.name,
        "version": what.version,
        "purl": described.get("purl") or what.purl,
        "cpe": f"cpe:2.3:a:{what.cpe}:{what.version}:*:*:*:*:*:*:*" if what.cpe else "",
        "licenses": [{"expression": what.licence, "acknowledgement": "declared"}],
        "copyright": "\n".join(what.copyright),
        "externalReferences": [*described.get("externalReferences", []), *links],
        "evidence": {"occurrences": [{"location": path} for path in sorted(set(one.files))]} if one.files else {},
    }
    return {key: component[key] for key in sorted(component) if component[key]}
