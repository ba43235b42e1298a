"""JSON Lines: one object per document."""

from __future__ import annotations

import json
from typing import TextIO

from classmark.core.documents import Result
from classmark.core.export.records import record_of
from classmark_models.decide import Rule
from classmark_models.labels import Vocabulary


class JsonlWriter:
    """Writes each result as one line (https://jsonlines.org)."""

    def __init__(self, stream: TextIO, rule: Rule, vocabulary: Vocabulary) -> None:
        self._stream, self._rule, self._vocabulary = stream, rule, vocabulary

    def add(self, result: Result) -> None:
        """Write one result."""
        self._stream.write(json.dumps(record_of(result, self._rule, self._vocabulary), ensure_ascii=False) + "\n")
