"""A result as plain values: what JSON Lines and tables are made of."""

from __future__ import annotations

from typing import Any

from classmark.core.documents import Result
from classmark_models.decide import Rule, Subject, decide


def subjects_of(result: Result, rule: Rule) -> tuple[Subject, ...]:
    """Return the subjects that the first classifier proposes, what is sure above the rule's level first.

    There are none when it declined or the file was not read.
    """
    if result.status != "ok" or result.prediction is None:
        return ()
    prediction = result.prediction
    return decide(prediction.vocabulary, prediction.scores, rule, prediction.sure)


def record_of(result: Result, rule: Rule) -> dict[str, Any]:
    """Return a result, by its first classifier, as the values of one JSON object.

    ``windows`` tells, for each stretch that was scored by itself, its place in characters, its weight and its best
    subject of the deepest level. Of a subject that is ``sure`` nine of ten are right.
    """
    document, prediction = result.document, result.prediction
    deepest = prediction.vocabulary.labels(prediction.vocabulary.deepest) if prediction else ()
    return {
        "source": result.source,
        "status": result.status,
        "reason": result.reason,
        "title": document.title if document else "",
        "language": document.language if document else "",
        "pages": len(document.pages) if document else 0,
        "windows": [
            {
                "part": window.part,
                "start": window.start,
                "end": window.end,
                "weight": round(window.weight, 4),
                "id": deepest[window.best].id,
                "label": deepest[window.best].name,
                "score": round(window.score, 4),
            }
            for window in (prediction.windows if prediction else ())
        ],
        "results": [
            {**_label(subject), "path": [_label(step) for step in subject.path]}
            for subject in subjects_of(result, rule)
        ],
        "classifier": prediction.classifier if prediction else "",
        "seconds": round(result.seconds, 3),
    }


def _label(subject: Subject) -> dict[str, Any]:
    label = subject.label
    return {
        "id": label.id,
        "uri": label.uri,
        "label": label.name,
        "score": round(subject.score, 6),
        "level": label.level,
        "sure": subject.is_sure,
    }
