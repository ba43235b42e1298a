"""One row of the list: a document on its way, what became of it, and what the rule proposes for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from classmark.core.documents import Document, Outcome, Result
from classmark_models.classifier import Prediction
from classmark_models.decide import Rule, Subject, back_off, decide


class State(StrEnum):
    """Where a document stands; the value is the word shown."""

    WAITING = "Waiting"
    WORKING = "Working"
    READY = "Ready"
    DECLINED = "Declined"
    FAILED = "Failed"
    STOPPED = "Stopped"


class Facet(StrEnum):
    """The groups of states by which the list can be narrowed."""

    ALL = "All"
    READY = "Ready"
    DECLINED = "Declined"
    FAILED = "Failed"
    OPEN = "Open"

    def holds(self, state: State) -> bool:
        """Whether a state belongs to the group."""
        if self is Facet.OPEN:
            return state in {State.WAITING, State.WORKING, State.STOPPED}
        return self is Facet.ALL or self.value == state.value


_ICONS = {
    State.WAITING: ("waiting", "muted"),
    State.WORKING: ("working", "accent"),
    State.READY: ("ready", "likely"),
    State.DECLINED: ("declined", "possible"),
    State.FAILED: ("alert", "bad"),
    State.STOPPED: ("stopped", "muted"),
}
_FAILURES = {
    Outcome.NO_TEXT_LAYER: ("scan", "bad"),
    Outcome.EMPTY: ("empty", "bad"),
    Outcome.ENCRYPTED: ("encrypted", "bad"),
    Outcome.DAMAGED: ("damaged", "bad"),
}


@dataclass(frozen=True, slots=True)
class Byline:
    """Whose word an answer is: a classifier's title, in a sentence what it was made for, and its levels."""

    title: str
    scope: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """What a rule makes of one classifier's answer; ``fallback`` is a broader subject where nothing satisfies it."""

    prediction: Prediction
    subjects: tuple[Subject, ...] = ()
    fallback: Subject | None = None

    @property
    def best(self) -> Subject | None:
        """The best subject, or the broader one that is proposed in its place; none when the classifier declined."""
        return self.subjects[0] if self.subjects else self.fallback

    @property
    def candidate(self) -> Subject | None:
        """The best subject below the one that is sure, which may be worth a look; none where that is deepest."""
        below = (
            each
            for each in self.subjects[1:]
            if self.subjects[0].is_sure and len(each.path) > len(self.subjects[0].path)
        )
        return next(below, None)

    @property
    def is_fallback(self) -> bool:
        """Whether ``best`` stands in because nothing satisfies the rule."""
        return self.fallback is not None

    @property
    def silence(self) -> str:
        """Why there is no subject, in a sentence; empty where there is one."""
        if self.best is not None:
            return ""
        unstated = "" if self.prediction.sure else " This classifier does not state from where on it is."
        return self.prediction.declined or f"Nothing is sure.{unstated}"

    def level(self, rule: Rule) -> str:
        """Return the level that the rule asks of this classifier."""
        return self.prediction.vocabulary.level_or_deepest(rule.level)


@dataclass(slots=True, eq=False)
class Row:
    """One document in the list; ``source`` is its key.

    ``path`` is None for pasted text. ``asked`` is the corrected document whose result is awaited.
    """

    source: str
    path: Path | None = None
    state: State = State.WAITING
    result: Result | None = None
    asked: Document | None = None
    _rule: Rule | None = None
    _decided_for: Result | None = None
    _opinions: tuple[Opinion, ...] = ()

    @property
    def document(self) -> Document | None:
        """The document as it stands, corrections included."""
        return self.asked or (self.result.document if self.result else None)

    @property
    def title(self) -> str:
        """The document's title, or the file's name as long as there is none."""
        return (self.document.title if self.document else "") or self.name

    @property
    def name(self) -> str:
        """The file's name, or what stands for it."""
        return self.path.name if self.path else self.source

    @property
    def word(self) -> str:
        """The state in a word; for a failure, the kind of it."""
        if self.state is State.FAILED and self.result:
            return self.result.status.capitalize()
        return self.state.value

    @property
    def icon(self) -> tuple[str, str]:
        """The state's icon and the token of its colour."""
        if self.state is State.FAILED and self.result:
            for outcome, icon in _FAILURES.items():
                if self.result.status == outcome.value:
                    return icon
        return _ICONS[self.state]

    @property
    def reason(self) -> str:
        """Why there are no subjects, in a sentence, or a remark on the reading."""
        silences = [opinion.silence for opinion in self._opinions]
        if self.state is State.READY and silences and all(silences):
            return "\n".join(dict.fromkeys(silences))
        return self.result.reason if self.result else ""

    @property
    def has_answers(self) -> bool:
        """Whether classifiers have answered, be it by declining, and nothing else is awaited."""
        return self.state in {State.READY, State.DECLINED}

    @property
    def answered_by(self) -> tuple[str, ...]:
        """The ids of the classifiers that have answered."""
        return tuple(prediction.classifier for prediction in self.result.predictions) if self.result else ()

    @property
    def can_be_retried(self) -> bool:
        """Whether asking again could help."""
        return self.state is State.STOPPED or (self.path is not None and self.state is State.FAILED)

    def awaits(self, result: Result) -> bool:
        """Whether a result is the answer to what was asked last, not to something taken back meanwhile."""
        if self.state not in {State.WAITING, State.WORKING, State.STOPPED}:
            return False
        if self.asked is None or result.document is None:
            return self.asked is None
        return (self.asked.title, self.asked.abstract) == (result.document.title, result.document.abstract)

    def take(self, result: Result) -> None:
        """Store what became of the document."""
        self.result, self.asked = result, None
        if result.prediction is None:
            self.state = State.FAILED
        else:
            self.state = State.DECLINED if result.status == "declined" else State.READY

    def decide(self, rule: Rule) -> tuple[Opinion, ...]:
        """Return what the rule makes of each classifier's answer; computed once for each result and rule."""
        if not self.is_decided(rule):
            predictions = self.result.predictions if self.result else ()
            self._opinions = tuple(_opinion(prediction, rule) for prediction in predictions)
            self._rule, self._decided_for = rule, self.result
        return self._opinions

    def is_decided(self, rule: Rule) -> bool:
        """Whether the rule has been applied to the result that stands here."""
        return self._rule == rule and self._decided_for is self.result

    @property
    def opinions(self) -> tuple[Opinion, ...]:
        """The last decision, in the order of the classifiers."""
        return self._opinions

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The subjects of the last decision, those of the first classifier first."""
        return tuple(subject for opinion in self._opinions for subject in opinion.subjects)

    @property
    def best(self) -> Subject | None:
        """What the first classifier that has an answer holds for the best subject."""
        return next((opinion.best for opinion in self._opinions if opinion.best is not None), None)

    @property
    def is_fallback(self) -> bool:
        """Whether ``best`` stands in because nothing satisfies the rule."""
        return next((opinion.is_fallback for opinion in self._opinions if opinion.best is not None), False)


def _opinion(prediction: Prediction, rule: Rule) -> Opinion:
    if prediction.declined:
        return Opinion(prediction)
    subjects = decide(prediction.vocabulary, prediction.scores, rule, prediction.sure)
    if subjects or rule.only_sure:
        return Opinion(prediction, subjects)
    return Opinion(prediction, fallback=back_off(prediction.vocabulary, prediction.scores, rule.threshold))
