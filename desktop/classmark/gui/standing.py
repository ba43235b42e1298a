"""How a model stands at this moment, and what can be done with it: what a card shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from classmark.core.holdings import Holding
from classmark.gui.results_model import language_name
from classmark.gui.wording import duration, size, speed
from classmark.gui.workbench import Work
from classmark_models.collection import ModelState
from classmark_models.spec import NO_LICENCE
from classmark_models.workshop import Estimate


class Act(StrEnum):
    """What a person can ask of a model; the value is the text on the button."""

    GET = "Get…"
    DOWNLOAD = "Download"
    GO_ON = "Go on"
    CONVERT = "Convert"
    CONVERT_FOLDER = "Convert files from a folder…"
    REPAIR = "Repair"
    FILL = "Fill in words…"
    PAUSE = "Pause"
    CANCEL = "Cancel"
    SELFTEST = "Self-test"
    VERIFY = "Verify the files"
    EXPORT_SUITCASE = "Export as suitcase…"
    EXPORT_HUB = "Export in hub layout…"
    DISCARD = "Discard what was begun"
    REMOVE = "Remove…"
    REALLY_REMOVE = "Remove for good"
    NOT_NOW = "Not now"


_WORDS = {
    ModelState.READY: ("Ready", "ready", "likely"),
    ModelState.SHARED: ("Ready, in a shared folder", "shared", "likely"),
    ModelState.DAMAGED: ("Damaged", "damaged", "bad"),
    ModelState.NEWER: ("Of a newer Classmark", "info", "muted"),
    ModelState.FETCHED: ("Fetched, not converted", "suitcase", "possible"),
    ModelState.BEGUN: ("Download begun", "pause", "possible"),
    ModelState.KNOWN: ("Not on this computer", "cloud", "muted"),
}
_PRIMARY = {
    ModelState.DAMAGED: (Act.REPAIR,),
    ModelState.FETCHED: (Act.CONVERT,),
    ModelState.BEGUN: (Act.GO_ON, Act.DISCARD),
    ModelState.KNOWN: (Act.GET,),
}
_NEED_A_HUB = {Act.GET, Act.DOWNLOAD, Act.GO_ON, Act.REPAIR}
_WAYS = (
    "The published weights come, and are converted on this computer afterwards; that takes some minutes.",
    "A quantized export comes, ready for work as it is.",
)
_MORE = {
    ModelState.READY: (*(Act.SELFTEST, Act.VERIFY, Act.REPAIR, Act.EXPORT_SUITCASE, Act.EXPORT_HUB, Act.REMOVE),),
    ModelState.SHARED: (Act.SELFTEST, Act.VERIFY, Act.EXPORT_SUITCASE, Act.EXPORT_HUB),
    ModelState.DAMAGED: (Act.VERIFY, Act.REMOVE),
    ModelState.NEWER: (Act.REMOVE,),
    ModelState.FETCHED: (Act.VERIFY, Act.REMOVE),
    ModelState.BEGUN: (Act.CONVERT_FOLDER,),
    ModelState.KNOWN: (Act.CONVERT_FOLDER,),
}


@dataclass(slots=True)
class Standing:
    """One model: what there is of it, what is being done, and what the person was told or asked last."""

    holding: Holding
    used: bool = False
    may_fetch: bool = True
    work: Work | None = None
    fault: str = ""
    note: str = ""
    estimate: Estimate | None = None
    is_asking: bool = False
    """The hub is being asked what a download would be."""
    is_leaving: bool = False
    """The person was asked whether the model shall be removed."""

    @property
    def word(self) -> tuple[str, str, str]:
        """The state in words, its icon, and the token of its colour."""
        if self.work is None:
            return _WORDS[self.holding.state]
        if self.work.is_stopping:
            return "Stopping…", "working", "muted"
        if self.work.step is None:
            return "Waits for its turn", "waiting", "muted"
        return "In work", "working", "accent"

    @property
    def buttons(self) -> tuple[Act, ...]:
        """What can be done at once, the most likely first."""
        return self._allowed(self._buttons())

    def _buttons(self) -> tuple[Act, ...]:
        if self.work is not None:
            if self.work.is_stopping:
                return ()
            can_pause = self.work.task.method in {"fetch", "repair"} and self.work.step is not None
            return (Act.PAUSE, Act.CANCEL) if can_pause else (Act.CANCEL,)
        if self.is_leaving:
            return (Act.REALLY_REMOVE, Act.NOT_NOW)
        if self.estimate is not None:
            return (Act.DOWNLOAD, Act.NOT_NOW) if self.has_room else (Act.NOT_NOW,)
        if self.is_asking:
            return (Act.NOT_NOW,)
        if self.holding.is_ready and not self.holding.is_classifier:
            return (Act.FILL,)
        if self.holding.state is ModelState.KNOWN and not self.holding.spec.files:
            return (Act.CONVERT_FOLDER,)
        return _PRIMARY.get(self.holding.state, ())

    @property
    def more(self) -> tuple[Act, ...]:
        """What else can be done, for a menu."""
        if self.work is not None or self.is_leaving or self.estimate is not None or self.is_asking:
            return ()
        if self.holding.is_builtin:
            return (Act.SELFTEST, Act.VERIFY)
        return self._allowed(tuple(act for act in _MORE[self.holding.state] if act not in self.buttons))

    def _allowed(self, acts: tuple[Act, ...]) -> tuple[Act, ...]:
        return acts if self.may_fetch else tuple(act for act in acts if act not in _NEED_A_HUB)

    @property
    def has_room(self) -> bool:
        """Whether the download fits on the disk, as far as the hub has told."""
        return self.estimate is None or self.estimate.free > self.estimate.size

    @property
    def progress(self) -> tuple[str, int, int]:
        """What is being done, in words, and how much of how much, for a bar; 0 in all when that is not known."""
        step = self.work.step if self.work else None
        if self.work is None or step is None:
            return "", 0, 0
        parts = [step.what]
        if step.total and step.speed is not None:
            parts.append(f"{size(step.done)} of {size(step.total)}")
        parts += [speed(step.speed), duration(self.work.seconds_left)]
        per_mille = round(1000 * min(1.0, step.done / step.total)) if step.total else 0
        return " · ".join(part for part in parts if part), per_mille, 1000 if step.total else 0

    @property
    def facts(self) -> str:
        """Languages, size, variant in one line."""
        spec, holding = self.holding.spec, self.holding
        codes = [code for code in spec.languages if code != "mul"]
        languages = ", ".join(language_name(code) or code for code in codes) or "Many languages"
        here = holding.folder is not None
        unknown = "size told by the hub" if spec.files else ""
        sizes = f"{size(holding.size)}{'' if here else ' to download'}" if holding.size else unknown
        return " · ".join(part for part in (languages, sizes, holding.variant) if part)

    @property
    def measured(self) -> str:
        """Speed and last self-test on this computer."""
        if self.holding.state is ModelState.NEWER:
            return "A newer Classmark made it. Install that version again to use it; nothing was changed."
        tested = self.holding.tested
        if tested is None:
            return "Not tested on this computer yet" if self.holding.is_ready else ""
        when = datetime.fromisoformat(tested.when).astimezone()
        return f"{tested.sentence} Tested {when:%d %b %Y}, {tested.tokens_per_second:,.0f} tokens a second."

    @property
    def question(self) -> str:
        """What the person is asked before something is done, if anything."""
        if self.is_leaving:
            size_here = size(self.holding.size)
            again = " It can be fetched again." if self.holding.spec.repo else " Without a suitcase it is gone."
            return f"Remove {self.holding.spec.title}, {size_here}, from this computer? This cannot be undone.{again}"
        if self.is_asking:
            return "Asking the hub…"
        if self.estimate is None:
            return ""
        cost, room = size(self.estimate.size), f"{size(self.estimate.free)} free in {self.estimate.place}"
        if not self.has_room:
            return f"There is no room: {cost} to download, {room}. Make room, or choose another folder in the settings."
        way = _WAYS[self.estimate.way == "export"]
        licence = (
            "No licence is stated." if self.estimate.licence == NO_LICENCE else f"Licence: {self.estimate.licence}."
        )
        return f"{cost} to download, {room}. {licence}\n{way}\nFrom {self.estimate.source}"
