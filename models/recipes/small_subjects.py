"""Which of the eight subjects of titles a class of a library stands for, by our own judgement.

Classes without a plain counterpart (fiction, cooking, sport, pets, general psychology, library science, generalities)
are left out, and so are records whose two classifications disagree.
"""

from __future__ import annotations

import re

SUBJECTS = ("art", "personal development", "world", "health", "science", "business", "humanities", "technology")

# Class letters, then numbers: of several lines that fit the last one counts. No subject: left out.
_LCC = """
B: humanities
BF:
BF 636-637: personal development
BJ 1533-1697: personal development
BJ 1801-2195:
C D E F: humanities
D 839-1075: world
G: world
GA GB GC: science
GE: science
GN GR GT: humanities
GV:
GV 201-555: health
GV 1580-1799: art
H: world
HA:
HB HC HD HE HF HG HJ: business
HB 848-3697: world
HD 4801-8943: world
HF 5381-5386: personal development
HQ 755-759: personal development
HQ 769-774: personal development
HV 4998-5840: health
J K: world
L:
LB 1049-1060: personal development
LB 2395-2395: personal development
M N: art
NA NK: art
P: humanities
PN 1560-2061: art
PN 2061-3307: art
PZ:
Q: science
QA 75-76: technology
QM: health
QP 141-149: health
R: health
S: technology
S 590-599: science
SB 403-475:
SD SH: science
SF:
SK:
T: technology
TR: art
TT:
TT 1-175: art
TX:
TX 341-641: health
U V: world
UG 620-1425: technology
Z:
"""

# The same, for arXiv's groups of papers.
_LCC_SPHERES = """
QA: math
QA 75-76: cs
QA 273-280: stat
QB QC: physics
QH 301-705: q-bio
QP QR: q-bio
HA 29-35: stat
HB: econ
HB 848-3697:
HG: q-fin
TJ 212-225: eess
TK 5101-7895: eess
"""

# Beginnings of Dewey numbers; the longest that fits counts.
_DEWEY = """
00: technology
001:
003: science
1: humanities
15:
158: personal development
170.44: personal development
2: humanities
248.4:
3: world
310:
305.2 306.8:
33: business
333.7 333.8 333.9:
331: world
331.702: personal development
335: world
362.1 362.2 362.29: health
371.30281: personal development
363.6 363.7:
37:
378.17: personal development
38: business
39: humanities
4: humanities
5: science
6: technology
61: health
612 614:
635.9 636.7 636.8 636.1:
641:
641.1: health
64:
646.7: personal development
649: personal development
65: business
650.1 650.14: personal development
652:
7: art
793 794 795 796 797 798 799 79:
741.5:
791 792: art
8: humanities
813.5 823.91:
9: humanities
91: world
909.8 909.82 909.83: world
"""


def _rules(table: str) -> list[tuple[str, str]]:
    lines = (line.rpartition(":") for line in table.strip().splitlines())
    return [(classes, subject.strip()) for classes, _, subject in lines]


def lcc_rules(table: str) -> list[tuple[str, float, float, str]]:
    """Read a table of rules for ``of_lcc``."""
    found = []
    for classes, subject in _rules(table):
        letters, _, numbers = classes.partition(" ")
        if "-" in numbers:
            low, _, high = numbers.partition("-")
            found.append((letters, float(low), float(high) + 1, subject))
        else:
            found += [(each, 0.0, float("inf"), subject) for each in classes.split()]
    return found


LCC_RULES, SPHERE_RULES = lcc_rules(_LCC), lcc_rules(_LCC_SPHERES)
DEWEY_RULES = {start: subject for classes, subject in _rules(_DEWEY) for start in classes.split()}
_CALL_NUMBER = re.compile(r"([A-Z]{1,3})\s*(\d{1,4}(?:\.\d+)?)")
_NOT_CLASSES = ("MLC", "CPB", "UNC", "CLC", "LAW", "WML", "ISS")


def of_lcc(number: str, rules: list[tuple[str, float, float, str]] = LCC_RULES) -> str:
    """Return what a Library of Congress call number stands for by the rules, or an empty string."""
    found = _CALL_NUMBER.match(number)
    if found is None or number.startswith(_NOT_CLASSES):
        return ""
    letters, value = found[1], float(found[2])
    fitting = [
        subject
        for start, low, high, subject in rules
        if letters.startswith(start) and (start == letters or low == 0) and low <= value < high
    ]
    return fitting[-1] if fitting else ""


def of_dewey(number: str) -> str:
    """Return the subject of a Dewey number, or an empty string."""
    plain = number.strip("[]/ ").replace("/", "")
    if re.match(r"\d{3}", plain) is None:
        return ""
    return next((DEWEY_RULES[plain[:end]] for end in range(len(plain), 0, -1) if plain[:end] in DEWEY_RULES), "")


def of_record(lcc: str, dewey: str) -> str:
    """Return the subject of a record; empty when neither number has one, or when the two disagree."""
    by_lcc, by_dewey = of_lcc(lcc), of_dewey(dewey)
    return (by_lcc if by_lcc == by_dewey or not by_dewey else "") if by_lcc else by_dewey
