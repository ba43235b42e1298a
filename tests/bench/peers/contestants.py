"""How each library answers texts: the ways that its own guide shows, with a number of threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tests.bench.peers.shapes import BUILTIN, LIMIT, Places
from tokenizers import Tokenizer as RustTokenizer

Answer = Callable[[Sequence[str]], list[Any]]
"""Texts → a unit vector each, or the logits."""
OURS = "classmark"


class Reader:
    """Texts → what a graph takes, one row a run, for the libraries that leave this to their users."""

    def __init__(self, folder: Path) -> None:
        self._rust = RustTokenizer.from_file(str(folder / "tokenizer.json"))
        self._rust.no_padding()
        self._rust.enable_truncation(LIMIT)

    def ids(self, text: str) -> list[int]:
        """Return the token ids, cut to the limit."""
        return list(self._rust.encode(text).ids)

    def inputs(self, text: str, names: Sequence[str]) -> dict[str, Any]:
        """Return those inputs of a BERT that are asked for."""
        ids = np.array([self.ids(text)], np.int64)
        every = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        return {name: every[name] for name in names if name in every}


def classmark(places: Places, threads: int) -> Answer:
    """Open our engine: int8, one document a call, memory-mapped weights."""
    from classmark_models.pack import BUILTIN as PACK
    from classmark_models.session import Graph
    from classmark_models.tokens import Tokenizer

    pack = places.shape.name == BUILTIN
    folder, name = (PACK, "encoder.onnx") if pack else (places.ours, "model.onnx")
    output = "logits" if places.shape.labels else "embedding"
    tokenizer, graph = Tokenizer(folder / "tokenizer.json", "", LIMIT), Graph(folder / name, threads, prefer=output)
    return lambda texts: [answer for (answer,) in graph.answer_all(map(tokenizer.encode, texts))]


def transformers(places: Places, threads: int, batch: int) -> Answer:
    """Open transformers with PyTorch, float32, in the order of arrival."""
    import torch
    from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

    torch.set_num_threads(threads)
    kind = AutoModelForSequenceClassification if places.shape.labels else AutoModel
    tokenizer, net = AutoTokenizer.from_pretrained(places.published), kind.from_pretrained(places.published).eval()

    def answer(texts: Sequence[str]) -> list[Any]:
        answers: list[Any] = []
        for start in range(0, len(texts), batch):
            rows = list(texts[start : start + batch])
            given = tokenizer(rows, padding=True, truncation=True, max_length=LIMIT, return_tensors="pt")
            with torch.inference_mode():
                found = net(**given)
            if places.shape.labels:
                answers += list(found.logits.numpy())
            else:
                mask = given["attention_mask"][..., None]
                mean = (found.last_hidden_state * mask).sum(1) / mask.sum(1)
                answers += list(torch.nn.functional.normalize(mean).numpy())
        return answers

    return answer


def onnxruntime_plain(places: Places, threads: int) -> Answer:
    """Open the plain export in ONNX Runtime, float32, one document a call."""
    import onnxruntime

    runtime = onnxruntime.InferenceSession(str(places.plain), _options(threads), providers=["CPUExecutionProvider"])
    names, read = [each.name for each in runtime.get_inputs()], Reader(places.published)
    return lambda texts: [_pooled(runtime.run(None, read.inputs(text, names))[0], places) for text in texts]


def optimum(places: Places, threads: int) -> Answer:
    """Open optimum's dynamic int8, one document a call."""
    from optimum.onnxruntime import ORTModelForFeatureExtraction, ORTModelForSequenceClassification
    from transformers import AutoTokenizer

    kind = ORTModelForSequenceClassification if places.shape.labels else ORTModelForFeatureExtraction
    net = kind.from_pretrained(
        places.optimum, file_name="model_quantized.onnx", session_options=_options(threads), use_io_binding=False
    )
    tokenizer = AutoTokenizer.from_pretrained(places.optimum)
    given = partial(tokenizer, truncation=True, max_length=LIMIT, return_tensors="np")
    output = "logits" if places.shape.labels else "last_hidden_state"
    return lambda texts: [_pooled(net(**given(text))[output], places) for text in texts]


def sentence_transformers(places: Places, threads: int) -> Answer:
    """Open sentence-transformers with its onnx backend: float32, sorted by length, batches of 32, no head."""
    from sentence_transformers import SentenceTransformer

    options = {"file_name": "onnx/model.onnx", "provider": "CPUExecutionProvider", "session_options": _options(threads)}
    encoder = SentenceTransformer(str(places.encoder), backend="onnx", model_kwargs=options, local_files_only=True)
    return lambda texts: list(encoder.encode(list(texts), normalize_embeddings=True, show_progress_bar=False))


def fastembed(places: Places, threads: int) -> Answer:
    """Open fastembed: float32, batches of 256 in the order of arrival, no head."""
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    name = f"local/{places.shape.name}"
    TextEmbedding.add_custom_model(
        model=name,
        pooling=PoolingType.MEAN,
        normalization=True,
        sources=ModelSource(hf=name),
        dim=places.shape.width,
        model_file="onnx/model.onnx",
    )
    encoder = TextEmbedding(name, specific_model_path=str(places.encoder), threads=threads, local_files_only=True)
    return lambda texts: list(encoder.embed(list(texts)))


def openvino(places: Places, threads: int) -> Answer:
    """Open OpenVINO's int8, one document a call."""
    import openvino as library

    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    compiled = library.Core().compile_model(places.openvino / "model.xml", "CPU", settings)
    names = [each.get_any_name() for each in compiled.inputs]
    read = Reader(places.published)
    return lambda texts: [_pooled(compiled(read.inputs(text, names))[0], places) for text in texts]


def ctranslate2(places: Places, threads: int) -> Answer:
    """Open CTranslate2's int8, one document a call, no head."""
    import ctranslate2 as library

    encoder = library.Encoder(str(places.ctranslate2), compute_type="int8", intra_threads=threads)
    read = Reader(places.published)

    def answer(texts: Sequence[str]) -> list[Any]:
        hidden = (np.array(encoder.forward_batch([read.ids(text)]).last_hidden_state) for text in texts)
        return [_unit(each[0].mean(0)) for each in hidden]

    return answer


def _options(threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return options


def _pooled(output: Any, places: Places) -> Any:
    return np.asarray(output)[0] if places.shape.labels else _unit(np.asarray(output)[0].mean(0))


def _unit(vector: Any) -> Any:
    return vector / np.linalg.norm(vector)


@dataclass(frozen=True, slots=True)
class Contestant:
    """A library in one way of using it; ``weights`` are the files that it reads."""

    title: str
    start: Callable[[Places, int], Answer]
    weights: Callable[[Places], Path]
    int8: bool = False

    def megabytes(self, places: Places) -> float:
        """Return the size of its weights, tokenizers left out."""
        path = self.weights(places)
        files = [each for each in path.glob("*") if each.suffix in {".xml", ".bin", ".onnx", ".data", ".safetensors"}]
        return sum(each.stat().st_size for each in files) / 1e6


def _ours(places: Places) -> Path:
    from classmark_models.pack import BUILTIN as PACK

    return PACK if places.shape.name == BUILTIN else places.ours


CONTESTANTS = {
    OURS: Contestant("Classmark", classmark, _ours, int8=True),
    "transformers-1": Contestant(
        "transformers + PyTorch, batch 1", partial(transformers, batch=1), lambda places: places.published
    ),
    "transformers-16": Contestant(
        "transformers + PyTorch, batch 16", partial(transformers, batch=16), lambda places: places.published
    ),
    "onnxruntime": Contestant("ONNX Runtime, plain export", onnxruntime_plain, lambda places: places.plain.parent),
    "sentence-transformers": Contestant(
        "sentence-transformers, onnx", sentence_transformers, lambda places: places.encoder / "onnx"
    ),
    "fastembed": Contestant("fastembed", fastembed, lambda places: places.encoder / "onnx"),
    "optimum": Contestant("optimum, dynamic int8", optimum, lambda places: places.optimum, int8=True),
    "openvino": Contestant("OpenVINO, int8", openvino, lambda places: places.openvino, int8=True),
    "ctranslate2": Contestant("CTranslate2, int8", ctranslate2, lambda places: places.ctranslate2, int8=True),
}
