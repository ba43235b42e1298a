"""Files of weights: what they hold is read, and what is wrong with a hostile one is said."""

from __future__ import annotations

import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tests.models.checkpoint_files import (
    ORDERED,
    Arrays,
    bfloat16,
    safetensors,
    state_dict,
    tensor,
    text,
    write_safetensors,
    write_torch_zip,
    write_zip,
)

from classmark_models.checkpoint import FILES, open_checkpoint
from classmark_models.checkpoint.safetensors import HEADER_LIMIT
from classmark_models.errors import ModelDamaged, ModelError, ModelMissing, ModelUnsafe, ModelUnsupported

WRITERS = {"model.safetensors": write_safetensors, "pytorch_model.bin": write_torch_zip}


def arrays() -> dict[str, npt.NDArray[Any]]:
    random = np.random.default_rng(1)
    return {
        "single": random.normal(size=(3, 5)).astype("<f4"),
        "half": random.normal(size=7).astype("<f2"),
        "brain": bfloat16(random.normal(size=(2, 2))),
        "scalar": np.array(2.5, "<f4"),
        "empty": np.zeros((0, 4), "<f4"),
        "whole": np.arange(6).reshape(1, 6).astype("<i8"),
    }


@pytest.mark.parametrize("name", WRITERS)
def test_tensors_are_read(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name, arrays())
    found = open_checkpoint(tmp_path)
    assert list(found) == list(arrays())
    assert len(found) == len(arrays())
    for key, array in arrays().items():
        assert found.shape(key) == array.shape
    for key in ("single", "half", "scalar", "empty"):
        np.testing.assert_array_equal(found[key], arrays()[key])
        assert found[key].dtype == np.float32
        assert found[key].shape == arrays()[key].shape
    np.testing.assert_array_equal(bfloat16(found["brain"]), arrays()["brain"])
    with pytest.raises(ModelUnsupported, match="whole holds I64"):
        found["whole"]
    with pytest.raises(KeyError):
        found["absent"]


def test_safetensors_are_preferred(tmp_path: Path) -> None:
    for name, write in WRITERS.items():
        write(tmp_path / name, arrays())
    assert open_checkpoint(tmp_path).path.name == "model.safetensors"


def test_turned_and_shared_tensors_of_a_zip(tmp_path: Path) -> None:
    base = np.arange(12, dtype="<f4").reshape(3, 4)
    entries = {
        "turned": tensor("0", "Float", 12, (4, 3), (1, 4)),
        "row": tensor("0", "Float", 12, (4,), (1,), offset=8),
        "column": tensor("0", "Float", 12, (3,), (4,), offset=1),
    }
    write_zip(tmp_path / "pytorch_model.bin", {"data.pkl": state_dict(entries), "data/0": base.tobytes()})
    found = open_checkpoint(tmp_path)
    np.testing.assert_array_equal(found["turned"], base.T)
    np.testing.assert_array_equal(found["row"], base[2])
    np.testing.assert_array_equal(found["column"], base[:, 1])


@pytest.mark.parametrize("wrapper", ["state_dict", "model_state_dict"])
def test_wrapped_state_dict(wrapper: str, tmp_path: Path) -> None:
    inner = state_dict({"a": tensor("0", "Float", 2, (2,), (1,))})[2:-1]
    pickled = b"\x80\x02}" + text(wrapper) + inner + b"s."
    write_zip(tmp_path / "pytorch_model.bin", {"data.pkl": pickled, "data/0": np.array([1, 2], "<f4").tobytes()})
    np.testing.assert_array_equal(open_checkpoint(tmp_path)["a"], [1, 2])


def test_folders_without_readable_weights(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no weights in"):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_weights_in_several_files_are_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.index.json").touch()
    with pytest.raises(ModelUnsupported, match="split over several files"):
        open_checkpoint(tmp_path)


def test_file_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError("no right")

    (tmp_path / "model.safetensors").touch()
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ModelDamaged, match="cannot be read: no right"):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize("name", WRITERS)
def test_file_cut_short_anywhere(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name, arrays())
    whole = (tmp_path / name).read_bytes()
    for end in range(0, len(whole), 7):
        (tmp_path / name).write_bytes(whole[:end])
        with pytest.raises(ModelDamaged, match=name):
            open_checkpoint(tmp_path)


@pytest.mark.parametrize("name", WRITERS)
def test_any_byte_changed_is_an_error_of_ours_or_none(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name, arrays())
    whole = (tmp_path / name).read_bytes()
    random = np.random.default_rng(5)
    for place in range(0, len(whole), 3):
        changed = bytearray(whole)
        changed[place] = random.integers(256)
        (tmp_path / name).write_bytes(changed)
        try:
            found = open_checkpoint(tmp_path)
            for key in found:
                assert found[key].nbytes <= 2 * len(whole)
        except ModelError as error:
            assert name in str(error)  # noqa: PT017


@pytest.mark.parametrize("name", WRITERS)
def test_file_that_shrinks_after_opening(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name, arrays())
    found = open_checkpoint(tmp_path)
    with (tmp_path / name).open("r+b") as file:
        file.truncate(found.tensors["single"].start + 8)
    with pytest.raises(ModelDamaged, match="ends within the tensor single"):
        found["single"]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite(value: float, tmp_path: Path) -> None:
    write_safetensors(tmp_path / "model.safetensors", {"a": np.array([1, value], "<f4")})
    with pytest.raises(ModelDamaged, match="tensor a holds numbers that are not finite"):
        open_checkpoint(tmp_path)["a"]


def entry(shape: Any = (2,), offsets: Any = (0, 8), dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "claims 0 bytes"),
        (struct.pack("<Q", 1 << 62) + b"{}", "header claims 4,611,686,018,427,387,904 bytes"),
        (safetensors(b" " * (HEADER_LIMIT + 1), b""), "header claims 8,388,609 bytes"),
        (safetensors(b"{", b""), "header cannot be read"),
        (safetensors(b"[" * 100_000, b""), "header cannot be read"),
        (safetensors(b'{"a": {}, "a": {}}', b""), "a name stands twice"),
        (safetensors(b'{"a": ' + b"9" * 5000 + b"}", b""), "header cannot be read"),
        (safetensors([], b""), "no list of tensors"),
        (safetensors({"a": 5}, b""), "entry of the tensor a is malformed"),
        (safetensors({"a": entry(shape=[2.0])}, bytes(8)), "entry of the tensor a is malformed"),
        (safetensors({"a": entry(shape=[True, 2])}, bytes(8)), "entry of the tensor a is malformed"),
        (safetensors({"a": entry(shape=[-2, -1])}, bytes(8)), "entry of the tensor a is malformed"),
        (safetensors({"a": entry(shape=[1] * 99)}, bytes(8)), "entry of the tensor a is malformed"),
        (safetensors({"a": entry(offsets=[-8, 0])}, bytes(8)), "entry of the tensor a is malformed"),
        (safetensors({"a": entry(offsets=[0])}, bytes(8)), "does not have the bytes"),
        (safetensors({"a": entry(shape=[1 << 60, 1 << 60])}, bytes(8)), "does not have the bytes"),
        (safetensors({"a": entry(dtype="F8_E4M3")}, bytes(8)), "unknown kind, F8_E4M3"),
        (safetensors({"a": entry(dtype=["F32"])}, bytes(8)), "unknown kind"),
        (safetensors({"a": entry(), "b": entry()}, bytes(8)), "tensor b overlaps another"),
        (safetensors({"a": entry(), "b": entry(offsets=[4, 12])}, bytes(12)), "tensor b overlaps another"),
        (safetensors({"a": entry(offsets=[8, 16])}, bytes(16)), "leaves a hole before it"),
        (safetensors({"a": entry()}, bytes(7)), "take 8 bytes, but 7 are there"),
        (safetensors({"a": entry()}, bytes(9)), "take 8 bytes, but 9 are there"),
    ],
)
def test_hostile_safetensors(content: bytes, fault: str, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelDamaged, match=fault) as caught:
        open_checkpoint(tmp_path)
    assert "model.safetensors" in str(caught.value)


class Attack:
    """Pickled, it calls what it is given when it is read."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


GOOD = tensor("0", "Float", 2, (2,), (1,))


def single(value: bytes) -> bytes:
    return state_dict({"a": value})


@pytest.mark.parametrize(
    ("pickled", "error", "fault"),
    [
        (b"cos\nsystem\n(" + text("touch hacked") + b"tR.", ModelUnsafe, "would run os.system"),
        (b"\x80\x04" + text("os") + text("system") + b"\x93(" + text("x") + b"tR.", ModelUnsafe, "would run os.system"),
        (pickle.dumps(Attack(eval, "1")), ModelUnsafe, "would run builtins.eval"),
        (pickle.dumps(Attack(print, "x"), 0), ModelUnsafe, "opcode|would run"),
        (b"(" + text("x") + b"ios\nsystem\n.", ModelUnsafe, "opcode INST"),
        (b"(cos\nsystem\n" + text("x") + b"o.", ModelUnsafe, "opcode OBJ"),
        (b"cos\nsystem\n)\x81.", ModelUnsafe, "opcode NEWOBJ"),
        (b"\x82\x01.", ModelUnsafe, "opcode EXT1"),
        (single(ORDERED + b"(]tR"), ModelUnsafe, "would run collections.OrderedDict"),
        (single(b"ctorch._utils\n_rebuild_sparse_tensor\n)R"), ModelUnsafe, "_rebuild_sparse_tensor"),
        (single(tensor("0", "QInt8", 2, (2,), (1,))), ModelUnsupported, "cannot read: torch.QInt8Storage"),
        (single(tensor("1", "Float", 2, (2,), (1,))), ModelDamaged, "tensor a are missing or cut short"),
        (single(tensor("../data.pkl", "Float", 2, (2,), (1,))), ModelDamaged, "missing or cut short"),
        (single(tensor("0", "Float", 3, (3,), (1,))), ModelDamaged, "missing or cut short"),
        (single(tensor("0", "Float", 2, (3,), (1,))), ModelDamaged, "reaches beyond its numbers"),
        (single(tensor("0", "Float", 2, (2,), (2,))), ModelDamaged, "reaches beyond its numbers"),
        (single(tensor("0", "Float", 2, (2,), (1,), 1)), ModelDamaged, "reaches beyond its numbers"),
        (single(tensor("0", "Float", 2, (2,), (1,), -1)), ModelDamaged, "begins before its numbers"),
        (single(tensor("0", "Float", 2, (2,), (-1,))), ModelDamaged, "reaches beyond its numbers"),
        (single(tensor("0", "Float", 2, (1 << 40, 1 << 40), (0, 0))), ModelDamaged, "reaches beyond its numbers"),
        (single(tensor("0", "Float", 2, (2,), ())), ModelDamaged, "reaches beyond its numbers"),
        (single(tensor("0", "Float", 2, (1,) * 9, (1,) * 9)), ModelDamaged, "reaches beyond its numbers"),
        (single(text("no tensor")), ModelDamaged, "holds no tensors"),
        (single(GOOD)[:-1], ModelDamaged, "list of tensors cannot be read"),
        (b".", ModelDamaged, "list of tensors cannot be read"),
        (b"\x80\x02" + GOOD + b".", ModelDamaged, "holds no tensors"),
        (b"}(]" + GOOD + b"u.", ModelDamaged, "no named ones"),
        (b")" + b"2\x86" * 60 + b".", ModelUnsafe, "opcode DUP"),
        (b"}))" + b"q\x00h\x00\x86" * 60 + b"Ns.", ModelDamaged, "no named ones|cannot be read"),
        (b"}r\xff\xff\xff\x7f.", ModelDamaged, "holds no tensors"),
        (b"\x8e" + struct.pack("<Q", 1 << 60) + b".", ModelDamaged, "cannot be read"),
        (b"X" + struct.pack("<I", 1 << 31) + b".", ModelDamaged, "cannot be read"),
        (b"\x80\x02cos\nsystem\nQ.", ModelDamaged, "cannot be read"),
        (b"I" + b"9" * 10_000 + b"\n.", ModelDamaged, "cannot be read"),
        (b"(" * 100_000 + b".", ModelDamaged, "cannot be read"),
    ],
)
def test_hostile_pickles(
    pickled: bytes, error: type[ModelError], fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_zip(tmp_path / "pytorch_model.bin", {"data.pkl": pickled, "data/0": bytes(8)})
    with pytest.raises(error, match=fault) as caught:
        open_checkpoint(tmp_path)
    assert "pytorch_model.bin" in str(caught.value)
    assert not (tmp_path / "hacked").exists()


def test_single_pickle_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.")
    with pytest.raises(ModelUnsupported, match=r"before version 1\.6.*Look for model\.safetensors"):
        open_checkpoint(tmp_path)


def _members() -> dict[str, bytes]:
    return {"data.pkl": single(GOOD), "data/0": bytes(8)}


def _compressed(path: Path) -> None:
    write_zip(path, _members(), zipfile.ZIP_DEFLATED)


def _twins(path: Path) -> None:
    write_zip(path, {"data.pkl": single(GOOD), "data.pk2": single(GOOD)})
    path.write_bytes(path.read_bytes().replace(b"data.pk2", b"data.pkl"))


def _two_roots(path: Path) -> None:
    write_zip(path, {"data.pkl": single(GOOD), "other/data.pkl": single(GOOD)})


def _no_root(path: Path) -> None:
    write_zip(path, {"something": b""})


def _other_order(path: Path) -> None:
    write_zip(path, {**_members(), "byteorder": b"big"})


def _large_list(path: Path) -> None:
    write_zip(path, {**_members(), "data.pkl": bytes((1 << 20) + 1)})


def _directory(change: Callable[[bytearray, int], None]) -> Callable[[Path], None]:
    """Change the list of members of a good zip, at the entry of the tensor's numbers."""

    def write(path: Path) -> None:
        write_zip(path, _members())
        data = bytearray(path.read_bytes())
        change(data, data.rfind(b"PK\1\2"))
        path.write_bytes(data)

    return write


def _elsewhere(data: bytearray, entry: int) -> None:
    struct.pack_into("<I", data, entry + 42, entry - 30)


def _onto_the_list(data: bytearray, entry: int) -> None:
    struct.pack_into("<I", data, entry + 42, 0)


def _beyond(data: bytearray, entry: int) -> None:
    struct.pack_into("<II", data, entry + 20, 1 << 30, 1 << 30)


def _renamed(data: bytearray, entry: int) -> None:
    data[entry + 46 : entry + 47] = b"b"


def _far_away(data: bytearray, entry: int) -> None:
    end = data.rfind(b"PK\5\6")
    data[end:end] = b"PK\6\7" + struct.pack("<IQI", 0, (1 << 64) - 1, 1)


def _long_directory(data: bytearray, entry: int) -> None:
    struct.pack_into("<I", data, data.rfind(b"PK\5\6") + 12, 1 << 30)


@pytest.mark.parametrize(
    ("write", "fault"),
    [
        (_compressed, "compressed or encrypted"),
        (_twins, "two members have one name"),
        (_two_roots, "has 2 lists of tensors"),
        (_no_root, "has 0 lists of tensors"),
        (_other_order, "other byte order"),
        (_large_list, "has 1,048,577 bytes"),
        (_directory(_elsewhere), "not where the list of members says"),
        (_directory(_onto_the_list), "overlaps another|not where the list of"),
        (_directory(_beyond), "reaches beyond the end"),
        (_directory(_renamed), "not where the list of members says"),
        (_directory(_far_away), "no whole zip archive"),
        (_directory(_long_directory), "claims 1,073,741,824 bytes"),
        (lambda path: path.write_bytes(b"<html>Not found</html>"), "no zip archive"),
    ],
)
def test_hostile_zips(write: Callable[[Path], None], fault: str, tmp_path: Path) -> None:
    write(tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match=fault) as caught:
        open_checkpoint(tmp_path)
    assert "pytorch_model.bin" in str(caught.value)


def test_readers_take_any_mapping_of_arrays(tmp_path: Path) -> None:
    """The writers above are the format as published, byte for byte: eight bytes of length, JSON, numbers."""
    named: Arrays = {"a": np.array([1], "<f4")}
    write_safetensors(tmp_path / "model.safetensors", named)
    data = (tmp_path / "model.safetensors").read_bytes()
    assert data[8 : 8 + data[0]].startswith(b'{"__metadata__"')
    assert data[8 + data[0] :] == np.array([1], "<f4").tobytes()
