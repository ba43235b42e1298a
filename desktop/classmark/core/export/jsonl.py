"""JSON Lines: one object per document and classifier."""

from __future__ import annotations

import json
from typing import TextIO

from classmark.core.documents import Result
from classmark.core.export.records import record_of
from classmark_models.decide import Rule


class JsonlWriter:
    """Writes what each classifier says of a document as one line (https://jsonlines.org)."""

    def __init__(self, stream: TextIO, rule: Rule) -> None:
        self._stream, self._rule = stream, rule

    def add(self, result: Result) -> None:
        """Write one result."""
        for one in result.each():
            self._stream.write(json.dumps(record_of(one, self._rule), ensure_ascii=False) + "\n")
