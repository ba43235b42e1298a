"""Whether a text is of the script and language that a model was made for."""

from __future__ import annotations

import unicodedata
from collections import Counter

from classmark_models.spec import Limits

ANY_LANGUAGE = "mul"
_NAMES = dict(
    pair.split("=")
    for pair in (
        "af=Afrikaans ar=Arabic az=Azerbaijani be=Belarusian bg=Bulgarian bn=Bengali bs=Bosnian ca=Catalan cs=Czech "
        "cy=Welsh da=Danish de=German el=Greek en=English eo=Esperanto es=Spanish et=Estonian eu=Basque fa=Persian "
        "fi=Finnish fr=French ga=Irish gl=Galician he=Hebrew hi=Hindi hr=Croatian hu=Hungarian hy=Armenian "
        "id=Indonesian is=Icelandic it=Italian ja=Japanese ka=Georgian kk=Kazakh ko=Korean la=Latin lt=Lithuanian "
        "lv=Latvian mk=Macedonian ms=Malay mt=Maltese nl=Dutch no=Norwegian nb=Norwegian nn=Norwegian pl=Polish "
        "pt=Portuguese ro=Romanian ru=Russian sk=Slovak sl=Slovenian sq=Albanian sr=Serbian sv=Swedish sw=Swahili "
        "ta=Tamil th=Thai tr=Turkish uk=Ukrainian ur=Urdu uz=Uzbek vi=Vietnamese zh=Chinese"
    ).split()
)
_CHARACTERS = {"CJK": "Chinese characters"}


def foreign_language(languages: tuple[str, ...], language: str) -> str:
    """Say that a text is in a language that the model does not read; "" when it reads it, or none is known."""
    if not language or not languages or ANY_LANGUAGE in languages:
        return ""
    names = list(dict.fromkeys(map(_language, languages)))
    if _language(language) in names:
        return ""
    known = " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
    return f"It is in {_language(language)}; this model reads {known}."


def foreign_script(limits: Limits, text: str) -> str:
    """Say that letters of a skipped script stand in a text without enough Latin ones; "" when it can be read.

    A character belongs to the script that its name in Unicode begins with, as its publisher counts.
    """
    skipped = {script.upper(): script for script in limits.skipped_scripts}
    if not skipped or text.isascii():
        return ""
    scripts = Counter(map(_script, text))
    found = [script for script, _ in scripts.most_common() if script in skipped]
    if not found or scripts["LATIN"] > limits.enough_latin:
        return ""
    return (
        f"It is written in {_CHARACTERS.get(found[0], skipped[found[0]] + ' letters')}, which this model cannot read."
    )


def is_mostly_foreign(limits: Limits, text: str) -> bool:
    """Tell whether letters of skipped scripts outnumber the Latin ones, or there are too few of these."""
    skipped = {script.upper() for script in limits.skipped_scripts}
    if not skipped or text.isascii():
        return False
    scripts = Counter(map(_script, text))
    foreign = sum(scripts[script] for script in skipped)
    return foreign > 0 and scripts["LATIN"] <= max(foreign, limits.enough_latin)


def without_skipped(limits: Limits, text: str) -> str:
    """Return a text without the letters of skipped scripts, as publishers that skip scripts prepare titles."""
    skipped = {script.upper() for script in limits.skipped_scripts}
    if not skipped or text.isascii():
        return text
    return "".join(character for character in text if _script(character) not in skipped).strip()


def _language(code: str) -> str:
    return _NAMES.get(code, f"the language “{code}”")


def _script(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0]
