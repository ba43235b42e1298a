"""How texts that belong nowhere are made, and how much a head that tells them may decline."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from random import Random

import numpy as np
import pytest

from classmark_models.scope import KINDS
from recipes import scope_noise, scope_texts
from recipes.scope import shift_of
from recipes.scope_rows import group_of
from recipes.scope_texts import DECLARATIONS, MESSAGES, PROGRAMS, SIGNS, Text

TITLES = (
    "The history of the German library, 1800-1950",
    "История русской литературы",
    "中国古代文学史研究",
    "Les oiseaux",
)
ENGLISH = "".join(f"<p>Everyone has the right to number {number} and to much else.</p>" for number in range(9))


@pytest.mark.parametrize(
    ("make", "kinds"),
    [
        (lambda chance: scope_texts.dishes(chance, 200), {"recipe"}),
        (lambda chance: scope_texts.fillers(chance, 200), {"filler"}),
        (lambda chance: scope_texts.boilerplates(chance, 200), {"boilerplate"}),
        (lambda chance: scope_noise.garbled(TITLES, chance, 200), {"garbled"}),
        (lambda chance: scope_noise.unheard(TITLES, chance, 200), {"foreign", "garbled", "filler"}),
    ],
)
def test_texts_are_made_by_chance_and_again_the_same(make: Callable[[Random], Iterator[Text]], kinds: set[str]) -> None:
    texts = list(make(Random(5)))
    assert texts == list(make(Random(5)))
    assert texts != list(make(Random(6)))
    assert len(texts) == 200
    assert all(text.text.strip() and text.kinds <= kinds <= set(KINDS) for text in texts)
    assert not {text.text for text in texts} & set(TITLES)
    assert not [text for text in texts if "{0}" in text.text or "NAME" in text.text or "DATE" in text.text]


def test_slight_noise_leaves_a_text_readable() -> None:
    title = TITLES[0] * 20
    noisy = scope_noise.slightly_noisy(title, Random(1))
    changed = sum(one != other for one, other in zip(title, noisy, strict=False))
    assert 0 < changed
    assert len(noisy) < 1.05 * len(title)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Small files in the guise of the packages."""
    _tar(tmp_path / PROGRAMS, {"p/tests/examplefiles/c/a.c": "int main(void) { return x[0]; }\n" * 9})
    _tar(
        tmp_path / DECLARATIONS,
        {
            "package/declaration/eng.html": f'<html lang="en">{ENGLISH}',
            "package/declaration/zul.html": f'<html lang="zu">{ENGLISH}',
            "package/declaration/yue.html": f'<html lang="yue">{ENGLISH}',
        },
    )
    signs = {"annotations": {"annotations": {str(number): {"default": [f"word {number}"]} for number in range(90)}}}
    _tar(tmp_path / SIGNS, {f"package/annotations/{name}/annotations.json": json.dumps(signs) for name in ("de", "zu")})
    with zipfile.ZipFile(tmp_path / MESSAGES, "w") as wheel:
        lines = "".join(
            f'msgid "{number}"\nmsgstr ""\n"Enter %(what)s "\n"number {number}."\n\n' for number in range(90)
        )
        wheel.writestr("django/conf/locale/fr/LC_MESSAGES/django.po", lines)
    digests = {name: sha256((tmp_path / name).read_bytes()).hexdigest() for name in scope_texts._SHA256}
    monkeypatch.setattr(scope_texts, "_SHA256", digests)
    return tmp_path


def test_texts_are_cut_out_of_packages(packages: Path) -> None:
    chance = Random(0)
    assert {text.kinds for text in scope_texts.programs(packages, chance)} == {frozenset({"code"})}
    found = {text.language: text.kinds for text in scope_texts.declarations(packages, chance)}
    assert found == {"en": frozenset({"described"}), "zu": frozenset({"foreign"})}
    found = {text.language: text.kinds for text in scope_texts.signs(packages, chance)}
    assert found == {"de": frozenset({"described"}), "zu": frozenset({"foreign"})}
    messages = list(scope_texts.messages(packages, chance))
    assert {(text.language, text.kinds) for text in messages} == {
        ("fr", frozenset({"described", "boilerplate", "filler"}))
    }
    assert not [text for text in messages if "%" in text.text]


def test_other_packages_are_refused(packages: Path) -> None:
    (packages / PROGRAMS).write_bytes(b"another")
    with pytest.raises(ValueError, match="not the file"):
        next(scope_texts.programs(packages, Random(0)))


@pytest.mark.parametrize(
    ("language", "group"),
    [("eng_Latn", "read"), ("zho_Hant", "read"), ("zul_Latn", "not read"), ("arz_Arab", "near"), ("arb_Latn", "near")],
)
def test_languages_are_read_or_not(language: str, group: str) -> None:
    assert group_of(language) == group


def test_few_are_declined_in_all_and_of_a_language() -> None:
    random = np.random.default_rng(0)
    languages = ["eng"] * 5000 + ["tha"] * 200 + ["lao"] * 5
    excess = np.concatenate([random.normal(-6, 1, 5000), random.normal(-4, 1, 200), random.normal(3, 1, 5)])
    left = excess - shift_of(excess.astype(np.float32), languages)
    assert (left > 0).mean() <= 0.0101
    assert (left[5000:5200] > 0).mean() <= 0.03


def _tar(path: Path, members: Mapping[str, str]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            raw = content.encode()
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
