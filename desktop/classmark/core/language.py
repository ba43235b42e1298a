"""Which language a text is in."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any

from classmark.core.documents import Document

LANGUAGES = (
    "ar bg ca cs da de el en es et eu fa fi fr gl he hi hr hu id is it ja ka ko la lt lv mk ms nl no pl pt ro ru sk sl "
    "sq sr sv th tr uk ur vi zh"
).split()
SHORTEST = 25
_SLICE = 1500
_NO_LANGUAGE = "zxx"  # ISO 639-2: numbers, program code

# ISO 639-2, bibliographic and terminological, as MARC, ONIX and EPUB state it.
_THREE_LETTER_CODES = """
    ara=ar bul=bg cat=ca cze=cs ces=cs dan=da ger=de deu=de gre=el ell=el eng=en spa=es est=et baq=eu eus=eu per=fa
    fas=fa fin=fi fre=fr fra=fr glg=gl heb=he hin=hi hrv=hr hun=hu ind=id ice=is isl=is ita=it jpn=ja geo=ka kat=ka
    kor=ko lat=la lit=lt lav=lv mac=mk mkd=mk may=ms msa=ms dut=nl nld=nl nor=no nob=no nno=no pol=pl por=pt rum=ro
    ron=ro rus=ru slo=sk slk=sk slv=sl alb=sq sqi=sq srp=sr swe=sv tha=th tur=tr ukr=uk urd=ur vie=vi chi=zh zho=zh
"""
_THREE_LETTERS = dict(pair.split("=") for pair in _THREE_LETTER_CODES.split())
_TWO_LETTERS = {"nb": "no", "nn": "no", "iw": "he", "in": "id"}


def code(stated: str) -> str:
    """Return the ISO 639-1 code for a language tag (BCP 47) or an ISO 639-2 code; empty for anything else."""
    primary = re.split(r"[-_]", stated.strip().lower())[0]
    if len(primary) == 3:
        return _THREE_LETTERS.get(primary, "")
    return _TWO_LETTERS.get(primary, primary) if re.fullmatch("[a-z]{2}", primary) else ""


def recognise(heading: str, body: str = "") -> str:
    """Return the ISO 639-1 code of a text, or an empty string if it is shorter than 25 characters or unclear.

    Title and abstract in ``heading`` and slices from the beginning and the middle of ``body`` are looked at.
    """
    middle = len(body) // 2
    sample = "\n".join((heading[:_SLICE], body[:_SLICE], body[max(middle, _SLICE) :][:_SLICE]))
    words = re.sub(r"https?://\S+|\S+@\S+|[\d_|<>{}\[\]#=*]+", " ", sample)
    if sum(character.isalpha() for character in words) < SHORTEST:
        return ""
    found, confidence = _identifier().classify(words)
    return str(found) if confidence >= 0.5 and found != _NO_LANGUAGE else ""


def with_language(document: Document) -> Document:
    """Return the document with its language recognised, where it has none yet."""
    if document.language:
        return document
    return replace(document, language=recognise(f"{document.title}\n{document.abstract}", document.body))


@cache
def _identifier() -> Any:
    # Lazily, because it takes numpy and a table of weights.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([*LANGUAGES, _NO_LANGUAGE])
    return identifier
