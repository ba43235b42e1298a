"""Ways to write and to run the encoder's graph, against the one that ships: time and likeness of the answers.

    python -m tests.bench.graph_variants [--base-shape] [--rounds N] [--tokens 24 220 512]

Every way runs in turn on one thread, round after round in one process, and only the processor's time counts, so that
the ratios hold on a machine that others use too. They are medians over the rounds; above 1 is faster than what ships.
``--base-shape`` takes random weights in mBERT's shape. The weights of each way are those of the graph it is made from.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from classmark_models.convert.precision import variant
from classmark_models.graph import CONTRIB, IR_VERSION, OPSET, Array, GraphBuilder, Shape, add_encoder
from classmark_models.labels import read_vocabulary
from classmark_models.pack import BUILTIN
from classmark_models.quantize import BlockEmbedding
from classmark_models.runtime import onnxruntime
from classmark_models.session import SLOW_FUSIONS
from classmark_models.tokens import Tokenizer

BASE = Shape(width=768, layers=12, heads=12, epsilon=1e-12)
BUILTIN_SHAPE = Shape(width=384, layers=12, heads=12, epsilon=1e-12)
INNER, WORDS, POSITIONS = 4 * BASE.width, 30_000, 512
ATTENTION_OPSET = 23
node = helper.make_node


@dataclass
class Proto:
    """A graph in change; its weights stay in the file beside it."""

    path: Path
    shape: Shape
    model: Any = field(init=False)

    def __post_init__(self) -> None:
        """Read the graph without its weights."""
        self.model = onnx.load(str(self.path), load_external_data=False)

    def constant(self, name: str, value: Array) -> str:
        """Add a constant and return its name."""
        self.model.graph.initializer.append(numpy_helper.from_array(value, name))
        return name

    def value(self, name: str) -> Array:
        """Return a constant's value."""
        tensor = next(each for each in self.model.graph.initializer if each.name == name)
        return numpy_helper.to_array(tensor, str(self.path.parent))

    def replace(self, operator: str, change: Callable[[NodeProto], Iterator[NodeProto]]) -> None:
        """Put what ``change`` yields in the places of an operator's nodes."""
        nodes = self.model.graph.node
        after = [new for old in nodes for new in (change(old) if old.op_type == operator else [old])]
        del nodes[:]
        nodes.extend(after)

    def save(self, path: Path) -> Path:
        """Write the graph beside its weights and return the path."""
        path.write_bytes(self.model.SerializeToString())
        return path


def norm_with_sum(proto: Proto) -> None:
    """Norm by the runtime's own operator, which adds first."""
    sums = {each.output[0]: list(each.input) for each in proto.model.graph.node if each.op_type == "Add"}

    def change(old: NodeProto) -> Iterator[NodeProto]:
        inputs = [*sums[old.input[0]], *old.input[1:]]
        epsilon = proto.shape.epsilon
        yield node("SkipLayerNormalization", inputs, old.output, domain=CONTRIB, epsilon=epsilon)

    proto.replace("LayerNormalization", change)
    proto.replace("Add", lambda old: iter(()))


def norm_by_instance(proto: Proto) -> None:
    """Norm by InstanceNormalization, each token a channel, then scale and shift."""
    nought, one = (proto.constant(name, np.array([n], np.float32)) for n, name in enumerate(("nought", "one")))
    ends = iter([node("Expand", [one, "tokens"], ["ones"]), node("Expand", [nought, "tokens"], ["noughts"])])

    def change(old: NodeProto) -> Iterator[NodeProto]:
        (name,), (total, gamma, beta) = old.output, old.input
        yield from ends
        given = [total, "ones", "noughts"]
        yield node("InstanceNormalization", given, [f"{name}.unit"], epsilon=proto.shape.epsilon)
        yield node("Mul", [f"{name}.unit", gamma], [f"{name}.scaled"])
        yield node("Add", [f"{name}.scaled", beta], [name])

    proto.replace("LayerNormalization", change)


def attention_in_parts(proto: Proto) -> None:
    """Write the attention as two products and a softmax."""
    heads, size = proto.shape.heads, proto.shape.width // proto.shape.heads
    apart = proto.constant("heads.apart", np.array([0, 0, heads, size]))
    joined = proto.constant("heads.joined", np.array([0, 0, heads * size]))

    def change(old: NodeProto) -> Iterator[NodeProto]:
        (name,) = old.output
        for given in old.input:
            yield node("Reshape", [given, apart], [f"{given}.apart"])
            yield node("Transpose", [f"{given}.apart"], [f"{given}.heads"], perm=[0, 2, 1, 3])
        query, key, value = (f"{given}.heads" for given in old.input)
        yield node("FusedMatMul", [query, key], [f"{name}.like"], domain=CONTRIB, alpha=size**-0.5, transB=1)
        yield node("Softmax", [f"{name}.like"], [f"{name}.share"], axis=-1)
        yield node("MatMul", [f"{name}.share", value], [f"{name}.heads"])
        yield node("Transpose", [f"{name}.heads"], [f"{name}.turned"], perm=[0, 2, 1, 3])
        yield node("Reshape", [f"{name}.turned", joined], [name])

    proto.replace("MultiHeadAttention", change)


def attention_of_onnx(proto: Proto) -> None:
    """Take the standard's own operator, which asks for a later opset."""
    heads: dict[str, Any] = {"q_num_heads": proto.shape.heads, "kv_num_heads": proto.shape.heads}
    axes = proto.constant("axes", np.array([1]))
    proto.model.opset_import[0].version = ATTENTION_OPSET
    proto.replace("MultiHeadAttention", lambda old: iter([node("Attention", old.input, old.output, **heads)]))
    proto.replace("ReduceMean", lambda old: iter([node("ReduceMean", [*old.input, axes], old.output, keepdims=0)]))


def activation(operator: str, proto: Proto) -> None:
    """Take another operator for GELU."""
    proto.replace("Gelu", lambda old: iter([node(operator, old.input, old.output, domain=CONTRIB)]))


def no_zero_points(proto: Proto) -> None:
    """Leave out the zero points of the weights, all of them 0."""
    for each in proto.model.graph.node:
        if each.op_type == "MatMulIntegerToFloat":
            each.input[5] = ""


def joined_qkv(proto: Proto, write: Callable[[Sequence[NodeProto], list[str]], Iterator[NodeProto]]) -> None:
    """Join the products with Q, K and V; ``write`` is given the three and the inputs of the one in their place."""
    waiting: list[NodeProto] = []

    def change(old: NodeProto) -> Iterator[NodeProto]:
        layer, _, name = old.output[0].partition(".")
        if name not in {"q", "k", "v"}:
            yield old
            return
        waiting.append(old)
        if name == "v":
            inputs = list(old.input)
            for place in (1, 3, 5, 6):
                joined = np.concatenate([proto.value(each.input[place]) for each in waiting], axis=-1)
                inputs[place] = proto.constant(f"{layer}.qkv.{place}", joined)
            yield from write(waiting, inputs)
            waiting.clear()

    proto.replace("MatMulIntegerToFloat", change)


def one_product(proto: Proto) -> None:
    """Take one product for Q, K and V, whose activation is quantized once as it is."""
    parts = proto.constant("parts", np.array([proto.shape.width] * 3))

    def write(those: Sequence[NodeProto], inputs: list[str]) -> Iterator[NodeProto]:
        whole = f"{those[0].output[0]}kv"
        yield node("MatMulIntegerToFloat", inputs, [whole], domain=CONTRIB)
        yield node("Split", [whole, parts], [each.output[0] for each in those], axis=-1)

    joined_qkv(proto, write)


def quantized_attention(proto: Proto) -> None:
    """Take the operator that multiplies with Q, K and V in int8 and attends."""
    nought = proto.constant("zero", np.zeros(1, np.int8))
    proto.replace("MultiHeadAttention", lambda old: iter(()))

    def write(those: Sequence[NodeProto], inputs: list[str]) -> Iterator[NodeProto]:
        x, weights, scale, scales, zero, _, bias = inputs
        context = those[0].output[0].replace(".q", ".context")
        given = [x, weights, bias, scale, scales, "", zero, nought]
        yield node("QAttention", given, [context], domain=CONTRIB, num_heads=proto.shape.heads)

    joined_qkv(proto, write)


def bias_with_gelu(proto: Proto) -> None:
    """Leave the bias before GELU to an operator that adds it."""
    biases: dict[str, str] = {}
    for each in proto.model.graph.node:
        if each.output[0].endswith(".up"):
            biases[each.output[0]] = each.input.pop()
    proto.replace(
        "Gelu", lambda old: iter([node("BiasGelu", [*old.input, biases[old.input[0]]], old.output, domain=CONTRIB)])
    )


def not_smoothed(proto: Proto) -> None:
    """Leave out the division of outliers: wrong answers, but the most that could be won by folding it elsewhere."""
    proto.replace("Mul", lambda old: iter([node("Identity", old.input[:1], old.output)]))


@dataclass(frozen=True)
class Way:
    """A change of the graph, and how it is loaded."""

    change: Callable[[Proto], None] = lambda proto: None
    entries: Mapping[str, str] = field(default_factory=dict)
    plans_memory: bool = False

    def load(self, path: Path, shape: Shape, number: int) -> Any:
        """Return the changed graph in the runtime."""
        proto = Proto(path, shape)
        self.change(proto)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_mem_pattern = self.plans_memory
        options.log_severity_level = 3
        for name, value in {"session.intra_op.allow_spinning": "0", **self.entries}.items():
            options.add_session_config_entry(name, value)
        changed = str(proto.save(path.with_name(f"{number}.onnx")))
        return onnxruntime.InferenceSession(
            changed, options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS
        )


SHIPPED = "**as it ships**"
WAYS = {
    SHIPPED: Way(),
    "sum and norm joined (SkipLayerNormalization)": Way(norm_with_sum),
    "InstanceNormalization, Mul, Add": Way(norm_by_instance),
    "attention in parts (FusedMatMul, Softmax, MatMul)": Way(attention_in_parts),
    "Attention of opset 23": Way(attention_of_onnx),
    "Q, K, V in one product": Way(one_product),
    "QAttention": Way(quantized_attention),
    "bias within GELU (BiasGelu)": Way(bias_with_gelu),
    "FastGelu (tanh)": Way(partial(activation, "FastGelu")),
    "QuickGelu (sigmoid)": Way(partial(activation, "QuickGelu")),
    "no zero points of weights": Way(no_zero_points),
    "no smoothing (wrong; a bound)": Way(not_smoothed),
    "denormal numbers as 0": Way(entries={"session.set_denormal_as_zero": "1"}),
    "buffers planned": Way(plans_memory=True),
    "weights not packed": Way(entries={"session.disable_prepacking": "1"}),
}


def write_base_shape(path: Path) -> None:
    """Write a graph in mBERT's shape with random weights, one channel of each activation an outlier."""
    random = np.random.default_rng(1)
    width = BASE.width
    sizes = {"q": (width, width), "k": (width, width), "v": (width, width), "o": (width, width)}
    sizes |= {"up": (INNER, width), "down": (width, INNER)}
    norm = {"w": np.ones(width, np.float32), "b": np.zeros(width, np.float32)}
    weights: dict[str, Array] = {f"norm.{part}": value for part, value in norm.items()}
    weights["positions"] = random.normal(0, 0.02, (POSITIONS, width)).astype(np.float32)
    ranges = {}
    for layer in range(BASE.layers):
        for name, size in sizes.items():
            weights[f"l{layer}.{name}.w"] = random.normal(0, 0.03, size).astype(np.float32)
            weights[f"l{layer}.{name}.b"] = random.normal(0, 0.02, size[0]).astype(np.float32)
        for name in ("n1", "n2"):
            weights |= {f"l{layer}.{name}.{part}": value for part, value in norm.items()}
        for name, wide in {"context": width, "attended": width, "active": INNER, "out": width}.items():
            ranges[f"l{layer}.{name}"] = np.where(np.arange(wide) == 1, 9, 1).astype(np.float32)
    builder = GraphBuilder()
    words = BlockEmbedding.of(random.normal(0, 0.03, (WORDS, width)).astype(np.float32))
    last = add_encoder(builder, BASE, weights, words, variant("int8-reduced", ranges).linears)
    mean = builder.add("ReduceMean", [last], "mean", axes=[1], keepdims=0)
    builder.add("LpNormalization", [mean], "embedding", axis=1, p=2)
    builder.save(path, "base", {"input_ids": ["batch", "tokens"]}, {"embedding": ["batch", width]})


def rows_of(count: int, tokens: int, is_base: bool) -> list[Array]:
    """Return rows of so many token ids: names of topics one after another, or at random."""
    random = np.random.default_rng(tokens)
    if is_base:
        return [random.integers(5, WORDS, (1, tokens)) for _ in range(count)]
    tokenizer = Tokenizer(BUILTIN / "tokenizer.json", "query: ", POSITIONS)
    names = [label.name for label in read_vocabulary(BUILTIN / "labels.csv", "topics").labels("topic")]
    texts = [", ".join(random.permutation(names)[: 4 + tokens // 2]) for _ in range(count)]
    return [np.append(tokenizer.encode(text)[: tokens - 1], 2)[None] for text in texts]


def compare(graphs: Mapping[str, Any], rows: Sequence[Array], rounds: int) -> dict[str, tuple[str, str]]:
    """Return for each way how much faster it is than what ships, and the mean cosine to its answers."""
    seconds: dict[str, list[float]] = {name: [] for name in graphs}
    found: dict[str, Array] = {}
    for _ in range(rounds + 1):
        for name, runtime in graphs.items():
            runtime.run(None, {"input_ids": rows[0]})  # its weights come back into the processor's memory
            began = process_time()
            found[name] = np.concatenate([runtime.run(None, {"input_ids": ids})[0] for ids in rows])
            seconds[name].append(process_time() - began)
    table = {}
    for name, spent in seconds.items():
        ratios = [base / own for base, own in zip(seconds[SHIPPED][1:], spent[1:], strict=True)]
        cosine = float((found[name] * found[SHIPPED]).sum(axis=1).mean())
        table[name] = f"{statistics.median(ratios):.2f}", f"{cosine:.4f}"
    own = 1000 * statistics.median(seconds[SHIPPED][1:]) / len(rows)
    return table | {SHIPPED: (f"{own:.1f} ms", "1")}


def products_alone(shape: Shape, tokens: int, rounds: int) -> float:
    """Return the milliseconds that the int8 products of a reading take by themselves, the least of the rounds."""
    random = np.random.default_rng(0)
    total, inner = 0.0, 4 * shape.width
    for (rows, columns), count in {
        (shape.width, shape.width): 4,
        (shape.width, inner): 1,
        (inner, shape.width): 1,
    }.items():
        weights = numpy_helper.from_array(random.integers(-64, 64, (rows, columns)).astype(np.int8), "weights")
        given = helper.make_tensor_value_info("x", TensorProto.UINT8, [tokens, rows])
        found = helper.make_tensor_value_info("y", TensorProto.INT32, [tokens, columns])
        graph = helper.make_graph(
            [node("MatMulInteger", ["x", "weights"], ["y"])], "product", [given], [found], [weights]
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        runtime = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        x = random.integers(0, 255, (tokens, rows)).astype(np.uint8)
        times = []
        for _ in range(5 * rounds):
            began = process_time()
            for _ in range(10):
                runtime.run(None, {"x": x})
            times.append((process_time() - began) / 10)
        total += 1000 * min(times) * count * shape.layers
    return total


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--base-shape", action="store_true", help="random weights in mBERT's shape")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tokens", type=int, nargs="+", default=[24, 220, 512])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "encoder.onnx"
        if asked.base_shape:
            write_base_shape(path)
        else:
            for name in ("encoder.onnx", "encoder.onnx.data"):
                shutil.copyfile(BUILTIN / name, path.with_name(name))
        shape = BASE if asked.base_shape else BUILTIN_SHAPE
        graphs = {name: way.load(path, shape, number) for number, (name, way) in enumerate(WAYS.items())}
        columns = []
        for tokens in asked.tokens:
            rows = rows_of(max(2, 240 // tokens), tokens, asked.base_shape)
            columns.append(compare(graphs, rows, asked.rounds))
    print("| way | " + " | ".join(f"{tokens} tokens" for tokens in asked.tokens) + " | cosine, least |")
    print("|---" * (len(columns) + 2) + "|")
    for name in WAYS:
        speeds, cosines = zip(*(column[name] for column in columns), strict=True)
        print(f"| {name} | {' | '.join(speeds)} | {min(cosines)} |")
    alone = (f"{products_alone(shape, tokens, asked.rounds):.1f} ms" for tokens in asked.tokens)
    print(f"| the products alone, in int8 | {' | '.join(alone)} | |")


if __name__ == "__main__":
    main()
