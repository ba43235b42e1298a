"""Documents with known OpenAlex fields, made from library records, arXiv papers and Chinese abstracts.

A class of a library or of arXiv seldom is one OpenAlex field, so each document has the set of fields that a cataloguer
would accept. Classes without a plain counterpart (generalities, sport, hobbies) are left out.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recipes.corpora import part
from recipes.tables import csv_rows, json_rows

LANGUAGES = {
    "eng": "en", "ger": "de", "fre": "fr", "spa": "es", "rus": "ru", "ita": "it", "chi": "zh", "jpn": "ja",
    "ara": "ar", "por": "pt", "pol": "pl", "kor": "ko", "tur": "tr", "fin": "fi",
}  # fmt: skip
PER_LANGUAGE = 300

# Longest prefix of the Library of Congress class wins; an empty set leaves the class out.
LCC_FIELDS = {
    "B": "12", "BF": "32", "BP": "12 33", "BL": "12 33", "BM": "12 33", "BR": "12 33", "BX": "12 33", "BV": "12 33",
    "C": "12 33", "D": "12 33", "E": "12 33", "F": "12 33", "G": "33 19 12", "GA": "33 19", "GB": "19 23",
    "GC": "19", "GE": "23 33", "GF": "33 23 19", "GN": "33 12", "GR": "12 33", "GT": "12 33", "GV": "",
    "H": "33 20", "HA": "33 18 20", "HB": "20 33", "HC": "20 33", "HD": "20 14 33", "HE": "20 14 33 22",
    "HF": "14 20 33", "HG": "20 14", "HJ": "20 33 14", "HM": "33 32", "HN": "33", "HQ": "33 32", "HS": "33",
    "HT": "33", "HV": "33 36 32 27", "HX": "33 12", "J": "33", "K": "33", "L": "33 32", "M": "12 33", "N": "12 33",
    "NA": "12 22 33", "P": "12 33", "Q": "", "QA": "26 17 18", "QB": "31 19", "QC": "31", "QD": "16 15 25",
    "QE": "19", "QH": "11 13 23", "QK": "11 13", "QL": "11", "QM": "27 13", "QP": "13 27 28 30", "QR": "24 13 27 11",
    "R": "27 29 36 33", "RC": "27 28 32 29 36 24", "RJ": "27 32 36 29", "RA": "27 36 33 29 23", "RM": "27 30 36",
    "RS": "30 27 11 16", "RK": "35 27", "RT": "29 27 36", "RX": "27 30", "RZ": "27 36", "S": "11 23 20 33",
    "SF": "34 11", "SH": "11 23", "SD": "11 23", "SK": "11 23", "T": "", "TA": "22 25", "TC": "22 23", "TD": "23 22",
    "TE": "22", "TF": "22", "TG": "22", "TH": "22", "TJ": "22", "TK": "22 17", "TL": "22", "TN": "22 25 19 21",
    "TP": "15 16 22 11 25", "TS": "22 25", "TR": "", "TT": "", "TX": "", "U": "33 22", "V": "33 22", "VM": "22 33",
    "Z": "33 12 17", "A": "", "MLC": "", "CPB": "", "UNC": "", "CLC": "", "LAW": "33", "PZ": "", "PS": "12 33",
    "JN": "33",
}  # fmt: skip

ARXIV_FIELDS = {
    "astro-ph": "31 19", "cond-mat": "31 25", "cond-mat.mtrl-sci": "25 31", "gr-qc": "31", "hep": "31", "nucl": "31",
    "quant-ph": "31 17", "physics": "31", "physics.chem-ph": "16 31", "physics.ao-ph": "19 23", "ao-sci": "19 23 31",
    "physics.geo-ph": "19", "physics.bio-ph": "13 31", "physics.med-ph": "27 31", "physics.flu-dyn": "22 31",
    "physics.soc-ph": "31 33 20", "physics.data-an": "31 26 17", "physics.hist-ph": "31 12", "acc-phys": "31",
    "nlin": "31 26 17", "math": "26", "math-ph": "26 31", "math.OC": "26 18 17 22", "math.ST": "26 18",
    "math.PR": "26 18 31", "alg-geom": "26", "funct-an": "26", "cs": "17", "cs.IT": "17 22", "cs.SY": "22 17",
    "cs.RO": "22 17", "cs.DM": "17 26", "cs.CC": "17 26", "cs.CE": "17 22 31", "cs.CY": "17 33",
    "q-bio": "13 11 24 28 27 23", "q-fin": "20 14 18", "econ": "20 33", "stat": "26 18 17", "eess": "22 17",
    "atom-ph": "31", "supr-con": "31", "adap-org": "31 26",
}  # fmt: skip

CSLDCP_FIELDS = {
    "地质学/地质资源与地质工程": "19 22", "作物学": "11", "光学工程": "31 22", "测绘科学与技术": "19 22 23 17",
    "基础医学/临床医学": "27 13", "中医学/中药学": "27 30 13 36", "生物学/生物科学与工程": "13 11 24",
    "土木工程": "22", "石油与天然气工程": "22 21 19", "工商管理": "14 20 18 33", "农林经济管理": "20 11 33 14",
    "食品科学与工程": "11 13", "林学/林业工程": "11 23", "园艺学": "11", "民族学": "33 12",
    "核科学与技术": "31 22 21", "材料科学与工程": "25 22", "冶金工程": "22 25", "公共管理": "33 14 20",
    "力学": "22 31", "化学/化学工程与技术": "16 15 25 13", "政治学": "33 12", "水产": "11 23",
    "环境科学与工程": "23 22", "海洋科学": "19 11 23", "军事学": "33 22 14", "矿业工程": "22 19",
    "兵器科学与技术": "22 31", "应用经济学": "20 14 33", "中国语言文学": "12 33", "药学": "30 27 13 16",
    "畜牧学/兽医学": "34 11 13", "口腔医学": "35 27", "机械工程": "22", "大气科学": "19 23", "水利工程": "22 23 19",
    "理论经济学": "20 33 14", "艺术学": "12 33", "计算机科学与技术": "17 22", "历史学": "12 33",
    "纺织科学与工程": "25 22 16", "农业工程": "22 11 23", "地理学": "33 19 23 20",
    "图书馆、情报与档案管理": "33 17 18 12", "交通运输工程": "22 33", "船舶与海洋工程": "22 19",
    "新闻传播学": "33 12", "体育学": "36 33 27", "物理学": "31 25 22", "公共卫生与预防医学": "27 36 23 33",
    "控制科学与工程": "22 17", "法学": "33", "农业资源利用": "11 23", "电子科学与技术": "22 17 31 25",
    "地球物理学": "19", "动力工程及工程热物理": "22 21 15", "哲学": "12 33", "航空宇航科学与技术": "22 31",
    "信息与通信工程": "22 17", "社会学": "33", "电气工程": "22 21", "数学": "26 18", "教育学": "33 32 12",
    "建筑学": "12 22 33", "心理学": "32 28 33", "天文学": "31 19", "植物保护": "11",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A document with the OpenAlex field ids that are right for it."""

    group: str
    language: str
    title: str
    abstract: str
    fields: frozenset[str]


def is_test(key: str) -> bool:
    """Say whether a row that nothing is learnt from belongs to the part that is looked at once: one half."""
    return hashlib.sha256(key.encode()).digest()[0] >= 128


def longest_prefix(table: dict[str, str], key: str) -> str:
    """Return the entry of the longest prefix of ``key`` in ``table``, or an empty string."""
    prefixes = (key[:length] for length in range(len(key), 0, -1))
    return next((table[prefix] for prefix in prefixes if prefix in table), "")


def rows(data: Path, test: bool) -> Iterator[Row]:
    """Yield the rows of one part: library titles in 14 languages, arXiv papers, Chinese abstracts.

    Library records are learnt from, so theirs are the parts of ``corpora``.
    """
    for read in (_library, _arxiv, _chinese_abstracts):
        yield from read(data, test)


def _library(data: Path, test: bool) -> Iterator[Row]:
    taken, wanted = Counter[str](), "test" if test else "development"
    for record in csv_rows(data / "loc_books.csv.gz"):
        language = LANGUAGES.get(record["lang"], "")
        fields = longest_prefix(LCC_FIELDS, record["lcc_class"])
        if not (language and fields) or taken[language] >= PER_LANGUAGE or part(record["lccn"].strip()) != wanted:
            continue
        # One in twenty English records, so that the 300 are not the oldest ones.
        if language == "en" and hashlib.sha256(record["lccn"].encode()).digest()[1] % 20:
            continue
        taken[language] += 1
        title = record["title_880"] or f"{record['title']} {record['subtitle']}"
        yield Row("library titles", language, title.strip(" /:"), "", frozenset(fields.split()))


def arxiv_fields(categories: str) -> tuple[str, ...]:
    """Return the fields of a paper in these categories, which are separated by spaces; that of the first one first."""
    found = (longest_prefix(ARXIV_FIELDS, name).split() for name in categories.split())
    return tuple(dict.fromkeys(field for fields in found for field in fields))


def _arxiv(data: Path, test: bool) -> Iterator[Row]:
    for record in csv_rows(data / "arxiv_abstracts.csv.gz"):
        fields = arxiv_fields(record["categories"])
        if fields and is_test(record["arxiv_id"]) == test:
            yield Row("arXiv abstracts", "en", record["title"], record["abstract"], frozenset(fields))


def _chinese_abstracts(data: Path, test: bool) -> Iterator[Row]:
    for record in json_rows(data / "csldcp.jsonl.gz"):
        key = hashlib.sha256(record["abstract"].encode()).hexdigest()
        if is_test(key) == test and int(key[-1], 16) < 8:
            fields = frozenset(CSLDCP_FIELDS[record["label"]].split())
            yield Row("Chinese abstracts", "zh", "", record["abstract"], frozenset(fields))
