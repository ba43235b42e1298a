"""The pickle of a state dict → a plain description of its tensors; nothing is imported, called or built.

The machine of Python's ``pickle`` runs what a file tells it to. Here the opcodes are only read (``pickletools``), and
those that ``torch.save`` writes for tensors in dictionaries push plain values; all others refuse the file.
"""

from __future__ import annotations

import pickletools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classmark_models.errors import ModelDamaged, ModelError, ModelUnsafe, ModelUnsupported

_STORAGES = {
    "torch DoubleStorage": "F64",
    "torch FloatStorage": "F32",
    "torch HalfStorage": "F16",
    "torch BFloat16Storage": "BF16",
    "torch LongStorage": "I64",
    "torch IntStorage": "I32",
    "torch ShortStorage": "I16",
    "torch CharStorage": "I8",
    "torch ByteStorage": "U8",
    "torch BoolStorage": "BOOL",
}
_VALUES = frozenset("BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE SHORT_BINUNICODE".split())
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


@dataclass(frozen=True, slots=True)
class Global:
    """The name, "module name", of what the pickle would import."""

    name: str


@dataclass(frozen=True, slots=True)
class Storage:
    """A run of ``count`` numbers of one kind, kept in the archive's member ``data/<key>``."""

    kind: str
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A view of a storage; ``offset`` and ``strides`` count numbers. What they say is not checked yet."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def interpret(path: Path, pickle: bytes) -> Any:
    """Return what the pickle holds: dictionaries, lists, tuples, numbers, texts and Tensors.

    Raises ModelUnsafe when it would call anything but the rebuilding of tensors (named in the message),
    ModelUnsupported when a tensor is of a kind unknown here, ModelDamaged when it is no whole pickle.
    """
    try:
        return _run(path, pickle)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ModelDamaged(f"{path} is damaged: its list of tensors cannot be read ({error}).") from error


def _run(path: Path, pickle: bytes) -> Any:
    memo: dict[int, Any] = {}
    stack: list[Any] = []
    below: list[list[Any]] = []
    argument: Any
    for opcode, argument, _ in pickletools.genops(pickle):
        match opcode.name:
            case "PROTO" | "FRAME":
                pass
            case "STOP":
                return stack.pop()
            case name if name in _VALUES:
                stack.append(argument)
            case name if name in _CONSTANTS:
                stack.append(_CONSTANTS[name])
            case "EMPTY_DICT":
                stack.append({})
            case "EMPTY_LIST":
                stack.append([])
            case "MARK":
                below.append(stack)
                stack = []
            case "TUPLE":
                items, stack = stack, below.pop()
                stack.append(tuple(items))
            case name if name in _TUPLES:
                stack[-_TUPLES[name] :] = [tuple(stack[-_TUPLES[name] :])]
            case "APPENDS":
                items, stack = stack, below.pop()
                _list(stack[-1]).extend(items)
            case "APPEND":
                item = stack.pop()
                _list(stack[-1]).append(item)
            case "SETITEMS":
                items, stack = stack, below.pop()
                _set(stack[-1], items)
            case "SETITEM":
                items = [stack.pop(-2), stack.pop()]
                _set(stack[-1], items)
            case "BINPUT" | "LONG_BINPUT":
                memo[argument] = stack[-1]
            case "MEMOIZE":
                memo[len(memo)] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(memo[argument])
            case "GLOBAL":
                stack.append(Global(argument))
            case "STACK_GLOBAL":
                stack.append(Global(f"{stack.pop(-2)} {stack.pop()}"))
            case "BINPERSID":
                stack.append(_storage(path, stack.pop()))
            case "REDUCE":
                arguments = stack.pop()
                stack.append(_reduce(path, stack.pop(), arguments))
            case "BUILD":  # only the versions of the model's parts, beside the dictionary
                stack.pop()
            case name:
                raise ModelUnsafe(f"{path} holds more than tensors (the pickle opcode {name}), so it was not read.")
    raise ValueError("it has no end")


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("items are added to what is no list")
    return value


def _set(target: Any, items: list[Any]) -> None:
    """Set key, value, key, value …; keys are texts or numbers, for a hash of nested tuples may take for ever."""
    keys = items[::2]
    if not isinstance(target, dict) or not all(isinstance(key, str | int) for key in keys):
        raise TypeError("entries are no named ones")
    target.update(zip(keys, items[1::2], strict=True))


def _storage(path: Path, identity: Any) -> Storage:
    """Read ("storage", kind, key, device, count)."""
    word, kind, key, _, count = identity
    if word != "storage" or not isinstance(kind, Global) or not isinstance(key, str) or type(count) is not int:
        raise ValueError("a storage is malformed")
    if kind.name not in _STORAGES:
        raise _refusal(path, kind.name)
    return Storage(_STORAGES[kind.name], key, count)


def _reduce(path: Path, what: Any, arguments: Any) -> Any:
    match what, arguments:
        case Global("collections OrderedDict"), ():
            return {}
        case Global("torch._utils _rebuild_tensor_v2"), (Storage() as storage, int(offset), tuple(), tuple(), *_):
            if offset < 0:
                raise ValueError("a tensor begins before its numbers")
            return Tensor(storage, offset, arguments[2], arguments[3])
        case Global("torch._utils _rebuild_parameter"), (Tensor() as tensor, *_):
            return tensor
        case Global(name), _:
            raise _refusal(path, name)
    raise ValueError("it calls what is no name")


def _refusal(path: Path, name: str) -> ModelError:
    dotted = ".".join(name.split())
    if dotted.startswith("torch.") and dotted.endswith("Storage"):
        return ModelUnsupported(f"{path} holds numbers of a kind that Classmark cannot read: {dotted}.")
    return ModelUnsafe(f"{path} would run {dotted} when it is opened, so it was not read. Do not trust its source.")
