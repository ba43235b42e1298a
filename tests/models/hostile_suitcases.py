"""Suitcases with every fault that somebody might put in, and what each is refused for."""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models

Entries = list[tuple[zipfile.ZipInfo, bytes]]
OTHER_TOKENIZER = Tokenizer(models.WordPiece({"[UNK]": 0}, unk_token="[UNK]")).to_str().encode()


def entries_of(path: Path) -> Entries:
    with zipfile.ZipFile(path) as case:
        return [(entry, case.read(entry)) for entry in case.infolist()]


def packed(path: Path, entries: Entries) -> Path:
    """Write entries as they are, whatever they are."""
    with zipfile.ZipFile(path, "w") as case:
        for entry, content in entries:
            with pytest.warns(match="Duplicate") if entry.filename in case.namelist() else nullcontext():
                case.writestr(entry, content)
    return path


def entry_of(name: str, mode: int = 0o100644, method: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr, entry.compress_type = 3, mode << 16, method
    return entry


def stated(**changes: Any) -> Callable[[Entries], Entries]:
    """Change facts of the manifest; None takes one away."""

    def change(entries: Entries) -> Entries:
        facts = {**json.loads(entries[0][1]), **changes}
        kept = {key: fact for key, fact in facts.items() if fact is not None}
        return [(entries[0][0], json.dumps(kept).encode()), *entries[1:]]

    return change


def added(entry: zipfile.ZipInfo, content: bytes = b"x") -> Callable[[Entries], Entries]:
    return lambda entries: [*entries, (entry, content)]


def replaced(name: str, content: bytes, *, told: bool) -> Callable[[Entries], Entries]:
    """Change a file, and, where that is ``told``, what the manifest states of it."""

    def change(entries: Entries) -> Entries:
        fact = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        files = json.loads(entries[0][1])["files"] | ({name: fact} if told else {})
        renewed = [(entry_of(entry.filename), content if entry.filename == name else old) for entry, old in entries]
        return stated(files=files)(renewed)

    return change


def without(name: str, *, told: bool) -> Callable[[Entries], Entries]:
    def change(entries: Entries) -> Entries:
        files = json.loads(entries[0][1])["files"]
        files = {path: fact for path, fact in files.items() if path != name or not told}
        return stated(files=files)([(entry, content) for entry, content in entries if entry.filename != name])

    return change


def repacked(entries: Entries) -> Entries:
    return [(entry_of(entry.filename, method=zipfile.ZIP_DEFLATED), content) for entry, content in entries]


TOML = b'id = "other"\ntitle = "Other"\ntask = "classification"\nlicence = "MIT"\nscope = "Anything."\n'
FEW = b"level,id,uri,name,parent,output\nsubject,a,,A,,0\nsubject,b,,B,,6\n"
HOSTILE: dict[str, tuple[Callable[[Entries], Entries], str]] = {
    "path that leads out": (added(entry_of("../evil.txt")), "leads out"),
    "path that leads out within": (added(entry_of("onnx/../../evil.txt")), "leads out"),
    "absolute path": (added(entry_of("/etc/evil.txt")), "leads out"),
    "drive": (added(entry_of("C:/evil.txt")), "leads out"),
    "drive alone": (added(entry_of("C:evil.txt")), "leads out"),
    "backslash": (added(entry_of("..\\evil.txt")), "has a backslash"),
    "link": (added(entry_of("evil.txt", 0o120777), b"/etc/passwd"), "is a link"),
    "device": (added(entry_of("evil.txt", 0o020644)), "is no plain file"),
    "folder": (added(entry_of("evil/", 0o040755), b""), "is a folder"),
    "device of Windows": (added(entry_of("NUL")), "is no name of a model's file"),
    "deep folder": (added(entry_of("a/b/c/d/e.txt")), "is no name of a model's file"),
    "stream of a file": (added(entry_of("model.toml:evil")), "is no name of a model's file"),
    "name twice": (lambda entries: [*entries, (entry_of(entries[2][0].filename), b"x")], "stands in it twice"),
    "name in other letters": (added(entry_of("MODEL.toml")), "stands in it twice"),
    "second manifest": (lambda entries: [*entries, (entry_of("manifest.json"), b"x")], "stands in it twice"),
    "compressed": (repacked, "is compressed"),
    "comment on a file": (lambda e: [(_commented(e[0][0]), e[0][1]), *e[1:]], "packed by another program"),
    "too many files": (lambda e: e + [(entry_of(f"f{n}.txt"), b"") for n in range(70)], "more than 64 files"),
    "no manifest": (lambda entries: entries[1:], r"begin with a manifest\.json"),
    "manifest not first": (lambda entries: [*entries[1:], entries[0]], r"begin with a manifest\.json"),
    "huge manifest": (lambda e: [(e[0][0], e[0][1] + b" " * (1 << 20)), *e[1:]], "absurdly large"),
    "manifest that is no JSON": (lambda e: [(e[0][0], b"[" * 90_000), *e[1:]], "cannot be understood"),
    "manifest of a list": (lambda e: [(e[0][0], b"[]"), *e[1:]], "cannot be understood"),
    "newer format": (stated(format=2), "newer Classmark"),
    "no format": (stated(format=None), "cannot be understood"),
    "format that is true": (stated(format=True), "cannot be understood"),
    "other name": (stated(name="other"), "contradicts itself"),
    "id that leads out": (stated(id="../x", name="../x"), "no id of a model"),
    "id of the built-in model": (stated(id="openalex-zero-shot", name="openalex-zero-shot"), "comes with Classmark"),
    "id of a trained model": (stated(id="lcc", name="lcc"), "comes with Classmark"),
    "id of another model": (stated(id="other", name="other"), "its id is 'tiny'"),
    "files without hashes": (stated(files={"model.onnx": {"bytes": 1}}), "cannot be understood"),
    "file that is not stated": (added(entry_of("evil.txt")), "does not name"),
    "file that is missing": (without("labels.csv", told=False), r"labels\.csv is missing"),
    "other size": (replaced("labels.csv", b"longer than it was" * 200, told=False), "instead of"),
    "other bytes": (replaced("golden.json", b"", told=False), "instead of"),
    "model without tokenizer": (without("tokenizer.json", told=True), r"It has no tokenizer\.json"),
    "model without entry": (without("model.toml", told=True), r"It has no model\.toml"),
    "model without subjects": (without("labels.csv", told=True), "nobody knows what the answers mean"),
    "graph elsewhere": (stated(graph="../../graph.onnx"), "It has no"),
    "graph that is no text": (stated(graph=["model.onnx"]), "does not state its graph"),
    "entry of another model": (replaced("model.toml", TOML, told=True), "its id is 'other'"),
    "other task": (stated(task="masked-words"), "different tasks"),
    "subjects without outputs": (replaced("labels.csv", FEW, told=True), "does not fit the 6 answers"),
    "graph that is none": (replaced("model.onnx", b"\0" * 999, told=True), "ONNX"),
    "tokenizer that is none": (replaced("tokenizer.json", b"{}", told=True), "cannot be read"),
    "other tokenizer": (replaced("tokenizer.json", OTHER_TOKENIZER, told=True), "pieces beside it are others"),
    "other pieces": (replaced("pieces.json", b"{}", told=True), "pieces beside it are others"),
    "pieces that are none": (replaced("pieces.npz", b"PK", told=True), "pieces beside .* cannot be read"),
    "pieces without a tree": (without("pieces.npz", told=True), "pieces beside .* cannot be read"),
    "answers that are none": (replaced("golden.npz", b"PK\3\4", told=True), "reference answers"),
    "other number of outputs": (stated(outputs=7), "gives 6 answers"),
}


def _commented(entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    entry.comment = b"hello"
    return entry


def patched(at: int, content: bytes, sign: bytes = b"", nth: int = 0) -> Callable[[bytes], bytes]:
    """Overwrite bytes at a place counted from the nth ``sign``, from the end of the file without one."""

    def change(raw: bytes) -> bytes:
        start = len(raw)
        if sign:
            start = (_directory(raw) if sign == CENTRAL else 0) - 1
            for _ in range(nth + 1):
                start = raw.index(sign, start + 1)
        return raw[: start + at] + content + raw[start + at + len(content) :]

    return change


LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda raw: b"", "no suitcase"),
    "other file": (lambda raw: b"%PDF-1.7" + raw, "no suitcase"),
    "only a beginning": (lambda raw: raw[:10], "cut short"),
    "cut short": (lambda raw: raw[:-1], "cut short"),
    "half": (lambda raw: raw[: len(raw) // 2], "cut short"),
    "something behind": (lambda raw: raw + b"!", "something was added"),
    "comment at the end": (lambda raw: raw[:-2] + b"\x05\0hello", "something was added"),
    "something before": (lambda raw: LOCAL + b"\0" * 60 + raw, "cannot be imported"),
    "encrypted": (patched(8, b"\1", CENTRAL, 1), "is encrypted"),
    "strongly encrypted": (patched(8, b"\x41", CENTRAL, 1), "is encrypted"),
    "size behind the data": (patched(8, b"\x08", CENTRAL, 1), "packed by another program"),
    "encrypted here and not there": (patched(6, b"\1", LOCAL, 1), "told in two ways"),
    "other name here than there": (patched(30, b"G", LOCAL, 1), "told in two ways"),
    "other size here than there": (patched(22, b"\0\0", LOCAL, 1), "told in two ways"),
    "absurd size": (patched(20, b"\xff\xff\xff\x7f\xff\xff\xff\x7f", CENTRAL, 1), "cannot be imported"),
    "files over each other": (patched(42, b"\0\0\0\0", CENTRAL, 2), "cannot be imported"),
    "file that is not listed": (lambda raw: _unlisted(raw), "cannot be imported"),
    "wrong sum": (patched(16, b"\1\2\3\4", CENTRAL, 2), "CRC"),
    "millions of files": (lambda raw: _large_end(raw, count=1 << 40, length=46), "more than 64 files"),
    "a list of gigabytes": (lambda raw: _large_end(raw, count=1, length=1 << 40), "more than 64 files"),
    "many files": (patched(-12, b"\xff\xfe\xff\xfe"), "more than 64 files"),
    "bit of a weight": (lambda raw: turned(raw), "is not what the manifest states|CRC"),
}


def _directory(raw: bytes) -> int:
    """Return where the list of files begins; zips within the zip have such lists too."""
    return int(struct.unpack_from("<L", raw, len(raw) - 6)[0])


def _large_end(raw: bytes, count: int, length: int) -> bytes:
    """Give a zip the end of a large one."""
    end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(raw) - 22, 1)
    return raw[:-22] + end + locator + raw[-22:]


def _unlisted(raw: bytes) -> bytes:
    """Put bytes between the last file and the list of files."""
    place = _directory(raw)
    end = bytearray(raw[-22:])
    struct.pack_into("<L", end, 16, place + 5)
    return raw[:place] + b"spare" + raw[place:-22] + bytes(end)


def turned(raw: bytes) -> bytes:
    """Change a byte of the last file's data."""
    place = _directory(raw) - 10
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
