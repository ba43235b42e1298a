"""The Models page over works that are told what to do: every state, every act, by mouse and by keys."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QFileDialog, QLabel, QMessageBox, QWidget
from pytestqt.qtbot import QtBot
from tests.gui.fakes import FakeEngine
from tests.models.ready_packs import ready_pack, tiny_spec

from classmark.core.paths import HOME, MARKERS, SETTINGS
from classmark.core.settings import ASKED, Settings, read_settings, settle, write_settings
from classmark.core.workshop_process import Outcome, Stop, Task
from classmark.gui.help_dialogs import AboutDialog
from classmark.gui.memory import Memory
from classmark.gui.model_card import ModelCard
from classmark.gui.standing import Act
from classmark.gui.theme import Theme
from classmark.gui.window import Window
from classmark_models.errors import ClassmarkError, Interrupted, NoNetwork, NotPublished
from classmark_models.spec import BUILTIN_ID, BUILTIN_IDS
from classmark_models.workshop import Estimate, Step

NEWS, BIO = "newsgroups-20", "bio-lm"


@dataclass
class FakeWorks:
    """Answers tasks: with a value, with an error, or, for those ``held``, not before they are let go or stopped."""

    answers: dict[str, object] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    asked: list[Task] = field(default_factory=list)
    steps: dict[str, list[Step]] = field(default_factory=dict)
    let_go: threading.Event = field(default_factory=threading.Event)

    def __call__(self, task: Task, should_stop: Stop) -> Iterator[Step | Outcome]:
        self.asked.append(task)
        yield Step("Starting")
        yield from self.steps.get(task.method, [])
        while task.method in self.held and not self.let_go.wait(0.005):
            if should_stop():
                raise Interrupted("Stopped.")
        answer = self.answers.get(task.method)
        if isinstance(answer, BaseException):
            raise answer
        yield Outcome(answer)

    @property
    def methods(self) -> list[tuple[str, str]]:
        return [(task.method, task.name) for task in self.asked]


@pytest.fixture
def works() -> Iterator[FakeWorks]:
    made = FakeWorks()
    yield made
    made.let_go.set()


@pytest.fixture
def ready(own_home: Path) -> Path:
    """A tiny classifier, ready, in the profile."""
    folder = own_home / "models" / "ready" / "tiny"
    ready_pack(folder, tiny_spec())
    return folder


@pytest.fixture
def window(qtbot: QtBot, theme: Theme, memory: Memory, works: FakeWorks) -> Iterator[Window]:
    engine = FakeEngine()
    for name, classifier in ((BUILTIN_ID, engine.known["toy"]), ("tiny", engine.known["groups"])):
        classifier.name = name
        engine.known[name] = classifier
    memory.choice = (BUILTIN_ID,)
    made = Window(lambda: engine, theme, memory, works)
    made.resize(1440, 900)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: made.engine is not None and bool(made.models_page.cards))
    yield made
    works.let_go.set()
    made.close()
    made.deleteLater()


def _open(qtbot: QtBot, window: Window, name: str) -> ModelCard:
    window.commands["models"].trigger()
    assert window.pages.currentWidget() is window.models_page
    qtbot.waitUntil(lambda: name in window.models_page.cards)
    qtbot.wait(30)
    return window.models_page.cards[name]


def _click(card: ModelCard, act: Act) -> None:
    assert card.buttons[act].isVisible(), f"no {act} among {card.standing and card.standing.buttons}"
    QTest.mouseClick(card.buttons[act], Qt.MouseButton.LeftButton)


def _choose(card: ModelCard, act: Act) -> None:
    [action] = [action for action in card.menu.actions() if action.text() == str(act)]
    action.trigger()


def _estimate(**facts: object) -> Estimate:
    usual = {"size": 268_000_000, "free": 9_000_000_000, "place": Path("/models"), "licence": "MIT"}
    return Estimate(**{**usual, "source": "https://hub.example.org", "way": "convert", **facts})  # type: ignore[arg-type]


def test_every_model_has_a_card_that_says_what_it_is(qtbot: QtBot, window: Window, ready: Path) -> None:
    card = _open(qtbot, window, "tiny")
    assert set(window.models_page.cards) - set(BUILTIN_IDS) == {
        "tiny",
        NEWS,
        BIO,
        "openalex-topics-v1",
        "arxiv-spheres",
        "title-subjects-8",
    }
    names = list(window.models_page.cards)
    assert names[0] == BUILTIN_ID
    assert set(names[1 : names.index("tiny")]) < set(BUILTIN_IDS)
    assert card.accessibleName() == "Tiny: Ready"
    for word in ("Nothing at all.", "MIT", "Not tested on this computer yet"):
        assert word in card.accessibleDescription()
    assert "No licence stated" in window.models_page.cards[BIO].accessibleDescription()
    assert window.models_page.cards[NEWS].accessibleName() == "20 Newsgroups: Not on this computer"


def test_a_model_is_got_after_the_person_was_told_what_it_costs(qtbot: QtBot, window: Window, works: FakeWorks) -> None:
    works.answers |= {"estimate": _estimate(), "fetch": ("A safer variant was taken.",)}
    works.steps["fetch"] = [Step("Fetching tf_model.h5", 134_000_000, 268_000_000, 8_000_000.0)]
    works.held.add("fetch")
    card = _open(qtbot, window, NEWS)
    _click(card, Act.GET)
    qtbot.waitUntil(lambda: Act.DOWNLOAD in card.buttons)
    assert not [task for task in works.asked if task.method == "fetch"]
    for word in (
        "268 MB to download",
        "9.0 GB free",
        "/models",
        "https://hub.example.org",
        "converted",
        "Licence: MIT",
    ):
        assert word in card.message.text()
    _click(card, Act.DOWNLOAD)
    qtbot.waitUntil(lambda: "134 MB of 268 MB" in card.message.text())
    assert "8.0 MB/s" in card.message.text()
    assert "left" in card.message.text()
    assert card.bar.value() * 2 == card.bar.maximum()
    assert "hub" in window.chip.accessibleName()
    works.let_go.set()
    qtbot.waitUntil(lambda: card.message.text() == "A safer variant was taken.")
    assert works.methods[-1] == ("fetch", NEWS)
    assert "Offline" in window.chip.accessibleName()


@pytest.mark.parametrize(
    ("answer", "words", "buttons"),
    [
        (NoNetwork("The hub cannot be reached. Check the network."), "cannot be reached", (Act.GET,)),
        (_estimate(free=1000), "There is no room", (Act.NOT_NOW,)),
        (_estimate(way="export"), "ready for work as it is", (Act.DOWNLOAD, Act.NOT_NOW)),
    ],
)
def test_what_speaks_against_a_download_stands_on_the_card(
    qtbot: QtBot, window: Window, works: FakeWorks, answer: object, words: str, buttons: tuple[Act, ...]
) -> None:
    works.answers["estimate"] = answer
    card = _open(qtbot, window, NEWS)
    _click(card, Act.GET)
    qtbot.waitUntil(lambda: words in card.message.text())
    assert card.standing is not None
    assert card.standing.buttons == buttons
    assert not window.findChildren(QMessageBox)


def test_pause_cancel_and_waiting_for_a_turn(qtbot: QtBot, window: Window, works: FakeWorks) -> None:
    works.held.add("fetch")
    works.answers["estimate"] = _estimate()
    card = _open(qtbot, window, NEWS)
    other = window.models_page.cards[BIO]
    for each in (card, other):
        _click(each, Act.GET)
        qtbot.waitUntil(lambda each=each: Act.DOWNLOAD in each.buttons)  # type: ignore[misc]
        _click(each, Act.DOWNLOAD)
    qtbot.waitUntil(lambda: "In work" in card.accessibleName())
    assert other.accessibleName().endswith("Waits for its turn")
    _click(other, Act.CANCEL)
    assert [work.task.name for work in window.keeper.bench.works] == [NEWS]
    qtbot.waitUntil(lambda: other.accessibleName().endswith("Not on this computer"))
    _click(card, Act.PAUSE)
    qtbot.waitUntil(lambda: not window.keeper.bench.works)
    assert ("fetch", BIO) not in works.methods
    qtbot.waitUntil(lambda: card.accessibleName().endswith("Not on this computer"))


def test_a_fault_stands_on_its_card_and_says_what_to_do(
    qtbot: QtBot, window: Window, works: FakeWorks, ready: Path
) -> None:
    works.answers["selftest"] = ClassmarkError("A file of the model is damaged. Repair it.")
    card = _open(qtbot, window, "tiny")
    _choose(card, Act.SELFTEST)
    qtbot.waitUntil(lambda: card.message.text() == "A file of the model is damaged. Repair it.")
    assert not window.findChildren(QMessageBox)
    works.answers |= {"verify": ("model.onnx",), "repair": ("model.onnx",)}
    _choose(card, Act.VERIFY)
    qtbot.waitUntil(lambda: card.message.text() == "Not as it should be: model.onnx. Repair the model.")
    _choose(card, Act.REPAIR)
    qtbot.waitUntil(lambda: card.message.text() == "Put right: model.onnx.")


def test_several_models_are_chosen_and_remembered(qtbot: QtBot, window: Window, memory: Memory, ready: Path) -> None:
    card = _open(qtbot, window, "tiny")
    builtin = window.models_page.cards[BUILTIN_ID]
    assert not builtin.use.isEnabled()
    QTest.mouseClick(card.use, Qt.MouseButton.LeftButton, pos=card.use.rect().center() - card.use.rect().center() / 2)
    qtbot.waitUntil(lambda: memory.choice == (BUILTIN_ID, "tiny"))
    qtbot.waitUntil(lambda: window.toolbar.models.text().strip() == "2 models")
    assert builtin.use.isEnabled()
    assert "in use" in card.accessibleName()
    builtin.use.setChecked(False)
    qtbot.waitUntil(lambda: memory.choice == ("tiny",))
    assert not card.use.isEnabled()


def test_a_model_in_use_is_let_go_before_it_is_removed(
    qtbot: QtBot, window: Window, works: FakeWorks, memory: Memory, ready: Path
) -> None:
    works.held.add("remove")
    card = _open(qtbot, window, "tiny")
    window.use_models(("tiny",))
    qtbot.waitUntil(lambda: window.toolbar.models.text().strip() == "Toy groups")
    _choose(card, Act.REMOVE)
    assert "This cannot be undone" in card.message.text()
    _click(card, Act.NOT_NOW)
    assert not card.message.isVisible()
    _choose(card, Act.REMOVE)
    _click(card, Act.REALLY_REMOVE)
    qtbot.waitUntil(lambda: ("remove", "tiny") in works.methods)
    assert memory.choice == (BUILTIN_ID,)
    assert window.toolbar.models.text().strip() == "toy classifier"


def test_a_model_in_use_is_back_after_its_repair(
    qtbot: QtBot, window: Window, works: FakeWorks, memory: Memory, ready: Path
) -> None:
    works.held.add("repair")
    works.answers["repair"] = ()
    card = _open(qtbot, window, "tiny")
    window.use_models(("tiny",))
    qtbot.waitUntil(lambda: window.toolbar.models.text().strip() == "Toy groups")
    _choose(card, Act.REPAIR)
    qtbot.waitUntil(lambda: ("repair", "tiny") in works.methods)
    assert window.toolbar.models.text().strip() == "toy classifier"
    assert memory.choice == ("tiny",)
    works.let_go.set()
    qtbot.waitUntil(lambda: window.toolbar.models.text().strip() == "Toy groups")


@pytest.mark.parametrize(
    ("act", "method", "key", "dialog", "answer", "expected"),
    [
        (
            Act.EXPORT_SUITCASE,
            "export_suitcase",
            "path",
            "getSaveFileName",
            ("/stick/tiny", ""),
            "/stick/tiny.classmark",
        ),
        (Act.EXPORT_HUB, "export_hub_layout", "folder", "getExistingDirectory", "/stick", "/stick/tiny"),
    ],
)
def test_exports(
    qtbot: QtBot,
    window: Window,
    works: FakeWorks,
    ready: Path,
    monkeypatch: pytest.MonkeyPatch,
    act: Act,
    method: str,
    key: str,
    dialog: str,
    answer: object,
    expected: str,
) -> None:
    monkeypatch.setattr(QFileDialog, dialog, lambda *_: answer)
    works.answers[method] = Path(expected)
    card = _open(qtbot, window, "tiny")
    _choose(card, act)
    qtbot.waitUntil(lambda: card.message.text() == f"Written to {expected}")
    assert works.asked[-1].paths == {key: Path(expected)}


def test_models_are_added_from_the_hub_or_refused(qtbot: QtBot, window: Window, works: FakeWorks) -> None:
    works.answers["add"] = NotPublished("There is no repository nobody/nothing. Check the name.")
    window.commands["add_model"].trigger()
    pane = window.models_page.adding
    QTest.keyClicks(pane.repo, "nobody/nothing")
    QTest.keyClick(pane.repo, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "no repository" in pane.answer.text())
    assert works.asked[-1].texts == {"repo": "nobody/nothing"}
    works.answers["add"] = NEWS
    QTest.mouseClick(pane.add, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: pane.answer.text().startswith("20 Newsgroups is in the list now"))
    assert window.models_page.cards[NEWS].hasFocus()


def test_settings_are_saved(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    _open(qtbot, window, NEWS)
    pane = window.models_page.settings
    pane.fields["hub"].setText("https://hub.example.org")
    pane.fields["shared"].setText(str(tmp_path))
    pane.save.click()
    assert read_settings().hub == "https://hub.example.org"
    assert read_settings().shared == str(tmp_path)
    assert pane.answer.text() == "Saved."


@pytest.mark.parametrize(("name", "value"), [("hub", "hub.example.org"), ("shared", "models")])
def test_a_setting_that_cannot_be_is_not_saved(
    name: str, value: str, qtbot: QtBot, window: Window, own_home: Path
) -> None:
    _open(qtbot, window, NEWS)
    pane = window.models_page.settings
    pane.fields[name].setText(value)
    pane.save.click()
    assert pane.answer.text().endswith(f"is wanted, not '{value}'.")
    assert not (own_home / SETTINGS).exists()


def test_what_is_locked_is_shown_and_kept_from_the_person(
    qtbot: QtBot, window: Window, policies: tuple[Path, Path]
) -> None:
    write_settings(Settings(shared="/mine", hub="https://mine.example.org"))
    policies[0].write_text("[defaults]\nexports = 'https://a.example.org/us'\n[locked]\nshared = '/srv/models'")
    _open(qtbot, window, NEWS)
    window.models_page.settings.show()
    pane = window.models_page.settings
    assert (pane.fields["shared"].text(), pane.fields["shared"].isReadOnly()) == ("/srv/models", True)
    assert pane.locks["shared"].isVisible()
    assert pane.locks["shared"].text() == "Set by your administrator"
    assert (pane.fields["hub"].text(), pane.fields["hub"].isReadOnly()) == ("https://mine.example.org", False)
    assert not pane.locks["hub"].isVisible()
    assert pane.fields["exports"].text() == ""
    assert pane.fields["exports"].placeholderText() == "https://a.example.org/us, your administrator's choice"
    pane.fields["hub"].clear()
    assert pane.fields["hub"].placeholderText() == "https://huggingface.co"
    pane.save.click()
    assert pane.answer.text() == "Saved."
    assert settle().own == Settings(shared="/mine")


@pytest.mark.parametrize(
    ("policy", "why", "is_free"),
    [
        ("[locked]\nnetwork = 'never'", "your administrator has settled it so.", False),
        ("[defaults]\nnetwork = 'never'", "The settings can change it.", True),
    ],
)
def test_without_a_network_nothing_offers_to_fetch(
    policy: str, why: str, is_free: bool, qtbot: QtBot, window: Window, ready: Path, policies: tuple[Path, Path]
) -> None:
    card = _open(qtbot, window, NEWS)
    assert card.buttons[Act.GET].isVisible()
    policies[0].write_text(policy)
    window.keeper.look()
    page, pane = window.models_page, window.models_page.settings
    qtbot.waitUntil(lambda: why in page.closed.text() and page.closed.isVisible())
    assert not card.buttons[Act.GET].isVisible()
    assert [action.text() for action in card.menu.actions()] == [Act.CONVERT_FOLDER]
    assert Act.REPAIR not in [action.text() for action in page.cards["tiny"].menu.actions()]
    assert not page.add.isEnabled()
    assert why in page.add.toolTip()
    assert not window.commands["add_model"].isEnabled()
    pane.show()
    assert (pane.never.isChecked(), pane.never.isEnabled()) == (True, is_free)
    assert pane.locks["network"].isVisible() is not is_free
    if is_free:
        pane.never.click()
        pane.save.click()
        assert settle().own.network == ASKED
        qtbot.waitUntil(lambda: page.closed.isHidden() and card.buttons[Act.GET].isVisible())
        assert window.commands["add_model"].isEnabled()


def test_a_broken_policy_is_told_once(qtbot: QtBot, window: Window, policies: tuple[Path, Path]) -> None:
    policies[0].write_text("network = 'never'")
    _open(qtbot, window, NEWS)
    notice = window.notices.about("policy")
    qtbot.waitUntil(notice.isVisible)
    assert f"{policies[0]}, line 1: 'network' stands in neither" in notice.text.text()
    assert "cannot be read" in window.models_page.closed.text()
    notice.away.click()
    window.keeper.look()
    qtbot.wait(50)
    assert not notice.isVisible()


def test_a_portable_program_says_where_it_keeps_everything(
    qtbot: QtBot, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(HOME)
    monkeypatch.setattr("classmark.core.paths.program_folder", lambda: tmp_path)
    (tmp_path / MARKERS[0]).touch()
    _open(qtbot, window, NEWS)
    window.models_page.settings.show()
    kept = f"Portable: everything is kept in {tmp_path / 'data'}"
    assert window.models_page.settings.kept.text() == f"{kept}."
    assert window.models_page.settings.kept.isVisible()
    about = AboutDialog([], window)
    assert any(kept in part.text() for part in about.findChildren(QLabel))


def test_a_broken_entry_is_told_on_the_page(qtbot: QtBot, window: Window, own_home: Path) -> None:
    entries = own_home / "models" / "catalogue"
    entries.mkdir(parents=True)
    (entries / "mine.toml").write_text("nonsense", encoding="utf-8")
    window.commands["models"].trigger()
    qtbot.waitUntil(lambda: "mine.toml" in window.models_page.fault.text())


def test_by_keys_alone(qtbot: QtBot, window: Window, works: FakeWorks, ready: Path) -> None:
    qtbot.waitUntil(window.isActiveWindow)
    works.answers["estimate"] = _estimate()
    QTest.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "tiny" in window.models_page.cards)
    qtbot.wait(30)
    cards = list(window.models_page.cards.values())
    assert cards[0].hasFocus()
    QTest.keyClick(cards[0], Qt.Key.Key_Down)
    assert cards[1].hasFocus()
    window.models_page.cards["tiny"].setFocus()
    QTest.keyClick(window.models_page.cards["tiny"], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.keeper.choice == (BUILTIN_ID, "tiny"))
    window.models_page.cards[NEWS].setFocus()
    QTest.keyClick(window.models_page.cards[NEWS], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: Act.DOWNLOAD in window.models_page.cards[NEWS].buttons)
    QTest.keyClick(window.models_page, Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.welcome


def test_tab_goes_from_card_to_card_and_through_each(
    qtbot: QtBot, window: Window, works: FakeWorks, ready: Path
) -> None:
    qtbot.waitUntil(window.isActiveWindow)
    works.answers["estimate"] = _estimate()
    card = _open(qtbot, window, NEWS)
    _click(card, Act.GET)
    qtbot.waitUntil(lambda: Act.DOWNLOAD in card.buttons)
    # The card that was asked about takes the focus once its buttons are there, and new cards can only when they show.
    qtbot.waitUntil(lambda: card in (focus := QApplication.focusWidget(), focus and focus.parentWidget()))
    qtbot.waitUntil(lambda: "tiny" in window.models_page.cards and window.models_page.cards["tiny"].isVisible())
    window.models_page.cards["tiny"].setFocus()
    reached: list[QWidget | None] = []
    for _ in range(12):
        reached.append(QApplication.focusWidget())
        QTest.keyClick(window, Qt.Key.Key_Tab)
    cards = list(window.models_page.cards.values())
    tiny = window.models_page.cards["tiny"]
    after = cards[cards.index(tiny) + 1]
    assert reached[:4] == [tiny, tiny.use, tiny.menu_button, after]
    place = reached.index(card)
    assert reached[place : place + 3] == [card, card.buttons[Act.DOWNLOAD], card.buttons[Act.NOT_NOW]]


def test_every_control_on_the_page_has_a_name(qtbot: QtBot, window: Window, ready: Path) -> None:
    _open(qtbot, window, "tiny")
    nameless = [
        control
        for control in window.models_page.findChildren(QAbstractButton)
        if control.isVisible() and not control.accessibleName() and not control.text()
    ]
    assert not nameless
    names = [box.accessibleName() for box in window.models_page.findChildren(QCheckBox) if box.isVisible()]
    assert (names[0], names[-1]) == ("Use OpenAlex topics (built in)", "Use Tiny")
    assert all(name.endswith(" (built in)") for name in names[:-1])


def test_suitcases_come_in_with_documents(
    qtbot: QtBot, window: Window, works: FakeWorks, ready: Path, tmp_path: Path, papers: Path
) -> None:
    suitcase = tmp_path / "tiny.classmark"
    suitcase.write_bytes(b"suitcase")
    works.held.add("import_suitcase")
    works.answers["import_suitcase"] = "tiny"
    works.steps["import_suitcase"] = [Step("Checking", 1, 4)]
    window.add_paths([suitcase, papers / "coral.txt"])
    notice = window.notices.about(str(suitcase))
    qtbot.waitUntil(lambda: notice.isVisible() and "Checking" in notice.text.text())
    qtbot.waitUntil(lambda: window.is_at_rest and len(window.review.results.rows) == 1)
    works.let_go.set()
    qtbot.waitUntil(lambda: notice.text.text() == "Tiny is ready to use.")
    QTest.mouseClick(notice.act, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.keeper.choice == (BUILTIN_ID, "tiny"))
    assert not notice.isVisible()
    outdated = window.notices.about("outdated")
    qtbot.waitUntil(lambda: outdated.isVisible())
    assert outdated.act.text() == "Classify the document again with these models"
    QTest.mouseClick(outdated.act, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.review.outdated and window.is_at_rest)
    qtbot.waitUntil(lambda: not outdated.isVisible())


def test_a_suitcase_that_is_refused_is_told(qtbot: QtBot, window: Window, works: FakeWorks, tmp_path: Path) -> None:
    suitcase = tmp_path / "bad.classmark"
    suitcase.write_bytes(b"suitcase")
    works.answers["import_suitcase"] = ClassmarkError("The suitcase names a file outside of itself: ../x.")
    window.add_paths([suitcase])
    notice = window.notices.about(str(suitcase))
    qtbot.waitUntil(lambda: "was not taken in: The suitcase names a file" in notice.text.text())
    assert not window.review.results.rows


def test_a_model_that_cannot_be_opened_is_told_and_the_others_work(qtbot: QtBot, window: Window, papers: Path) -> None:
    window.use_models((BUILTIN_ID, NEWS))
    notice = window.notices.about("refusals")
    qtbot.waitUntil(lambda: notice.isVisible())
    assert notice.text.text() == "20 Newsgroups cannot be used: newsgroups-20 is not here."
    QTest.mouseClick(notice.act, Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget() is window.models_page
    card = window.models_page.cards[NEWS]
    assert "is not here" in card.message.text()
    assert card.use.isEnabled()
    window.add_paths([papers / "coral.txt"])
    qtbot.waitUntil(lambda: window.is_at_rest and bool(window.review.results.rows))
    assert window.pages.currentWidget() is window.desk


@pytest.mark.parametrize("size", [(900, 600), (1440, 900)])
def test_cards_fit_the_window(qtbot: QtBot, window: Window, ready: Path, size: tuple[int, int]) -> None:
    window.resize(*size)
    _open(qtbot, window, "tiny")
    for card in window.models_page.cards.values():
        assert card.width() <= window.models_page.area.viewport().width()
        assert card.minimumSizeHint().width() <= card.width()


def test_no_act_leaves_the_window_waiting(qtbot: QtBot, window: Window, works: FakeWorks, ready: Path) -> None:
    works.held |= {"selftest", "fetch"}
    card = _open(qtbot, window, "tiny")
    _choose(card, Act.SELFTEST)
    qtbot.waitUntil(lambda: "In work" in card.accessibleName())
    window.close()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("classmark-")]
