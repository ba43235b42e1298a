"""Print what it costs to make a published folder ready, and how near the result comes to the published weights.

``--spec`` is an id of the catalogue, ``--folder`` the published files, ``--scratch`` where the model is made.
"""

from __future__ import annotations

import argparse
import resource
from pathlib import Path

from classmark_models.collection import Collection
from classmark_models.prepare import prepare


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--variant")
    asked = parser.parse_args()
    collection = Collection(asked.scratch)
    done = prepare(collection.spec(asked.spec), asked.folder, collection, variant=asked.variant)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    sizes = {path.name: path.stat().st_size / 1e6 for path in collection.ready.path(asked.spec).iterdir()}
    print(f"{done.seconds:.0f} s, peak {peak:.0f} MB, {sum(sizes.values()):.0f} MB written: {sizes}")
    print(done)
    print(collection.ready.receipt(asked.spec).facts["agreement"])


if __name__ == "__main__":
    main()
