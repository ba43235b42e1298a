"""Title and abstract → the one text that a published model was made to read."""

from __future__ import annotations

import re

from classmark_models.spec import PromptRule

_TAGS = (
    "b bold br em emph font formula i inf inline-formula inline-graphic italic jats:italic jats:sub jats:sup math "
    "monospace p roman sc scp small span ssup strong styled-content sub subtitle sup title tt u underline "
    "annotation menclose mfenced mfrac mglyph mi mlabeledtr mmultiscripts mn mo mover mpadded mphantom mprescripts "
    "mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none semantics"
)
_TAG = re.compile(
    rf"""</?(?:mml:[a-z]+|{"|".join(_TAGS.split())})(?:\s+[\w:-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s<>]*))*\s*/?>""",
    re.IGNORECASE,
)
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_FORMULA = re.compile(r"<mml:math\b[^<>]*>(.*?)</mml:math>", re.IGNORECASE | re.DOTALL)
_NOTE = re.compile(r"<(xref|inline-formula)\b[^<>]*>[^<>/]*</\1>", re.IGNORECASE)


def compose(rule: PromptRule, title: str, abstract: str) -> str:
    """Return what the model reads of a title and an abstract, "" when there is nothing to classify."""
    title = strip_markup(title) if rule.strip_title_markup else title.strip()
    abstract = abstract.strip()
    if len(abstract) < rule.shortest_abstract:
        abstract = ""
    if rule.longest_abstract:
        abstract = abstract[: rule.longest_abstract]
    match bool(title), bool(abstract):
        case True, True:
            return _filled(rule.both, title, abstract)
        case True, False:
            return _filled(rule.title, title, "")
        case False, True:
            return _filled(rule.abstract, "", abstract)
        case _:
            return ""


def strip_markup(title: str) -> str:
    """Return a title without HTML, JATS and MathML tags, what stands between them kept.

    The pieces of a formula (``<mml:math>``) become one word; notes (``<xref>``) and formulas in TeX
    (``<inline-formula>``) go with what they hold, as in their publisher's own preparation of titles. What only looks
    like a tag (``p<0.05``, ``a <T> b``) stays.
    """
    if "<" not in title:
        return title.strip()
    title = _FORMULA.sub(lambda found: f" {''.join(_TAG.sub('', found[1]).split())} ", title)
    title = _CDATA.sub("", _TAG.sub("", _NOTE.sub("", title)))
    return " ".join(title.split())


def _filled(template: str, title: str, abstract: str) -> str:
    """Fill a template; a title that holds ``{abstract}`` is not filled itself."""
    before, mark, after = template.partition("{abstract}")
    return before.replace("{title}", title) + (abstract + after.replace("{title}", title) if mark else "")
