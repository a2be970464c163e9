"""Measure how fast pictures go through frozen legs, by each engine that is installed, against the processor's peak.

    python benchmarks/embedding.py [vgg16] [mobilenetv2]

In turns within one run: each engine, Keras's own bfloat16, ONNX Runtime and PyTorch where they are installed, and a
product of float32 matrices, which shows the peak. A share above 1 is possible: bfloat16 has a peak of its own, and some
engines convolve with fewer multiplications than are counted. Figures go to benchmarks/results.json, wall and processor
time apart, because on a busy machine only the latter says something.
"""

import json
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from siamese_nb.engines import make_pass
from siamese_nb.legs import build_leg
from siamese_nb.settings import ENGINES

RESULTS = Path(__file__).parent / "results.json"
LEGS = {"vgg16": (224, 8), "mobilenetv2": (160, 64)}  # side in pixels, pictures in a batch
VGG16 = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0)  # channels; 0 pools
# Of MobileNetV2's groups of blocks: times wider inside, channels, blocks, stride of the first.
MOBILENETV2 = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
Pass = Callable[[Any], Any]


def operations(network: keras.Model) -> int:
    """Count the multiplications and additions of a network's kernels for one picture."""
    count = 0
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            count += operations(layer)
        for weight in getattr(layer, "weights", ()) if not isinstance(layer, keras.Model) else ():
            if len(weight.shape) == 4:
                count += 2 * math.prod(weight.shape) * math.prod(layer.output.shape[1:3])
    return count


def passes(name: str, leg: keras.Model, size: int, batch: int) -> dict[str, Pass]:
    """Return each way to send a batch through a leg that this machine has."""
    found: dict[str, Pass] = {"keras_bfloat16": keras_bfloat16(name, leg, size)}
    found |= {engine: make_pass(leg, engine) for engine in ENGINES if engine == "keras" or find_spec("openvino")}
    if find_spec("onnxruntime") and find_spec("tf2onnx"):
        found["onnxruntime"] = onnxruntime_pass(leg)
    if find_spec("torch"):
        found["torch"] = torch_pass(name, size, batch)
    return found


def keras_bfloat16(name: str, leg: keras.Model, size: int) -> Pass:
    keras.config.set_dtype_policy("mixed_bfloat16")
    half = build_leg(name, size, "none")
    keras.config.set_dtype_policy("float32")
    half.set_weights(leg.get_weights())
    return make_pass(half)


def onnxruntime_pass(leg: keras.Model) -> Pass:
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        leg.export(f"{folder}/leg.onnx", format="onnx", verbose=False)
        session = onnxruntime.InferenceSession(f"{folder}/leg.onnx", providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {session.get_inputs()[0].name: images})[0]


def torch_pass(name: str, size: int, batch: int) -> Pass:
    """Return what sends a batch through the same network in PyTorch, on values of its own."""
    import torch

    # Each in the layout in which it was the sooner.
    network, layout = (
        (torch_vgg16(), torch.contiguous_format) if name == "vgg16" else (torch_mobilenetv2(), torch.channels_last)
    )
    network = network.eval().to(memory_format=layout)
    given = torch.zeros(batch, 3, size, size).contiguous(memory_format=layout)

    def work(_: Any) -> Any:
        with torch.inference_mode():
            return network(given)

    return work


def torch_vgg16() -> Any:
    import torch

    layers: list[Any] = []
    before = 3
    for channels in VGG16:
        if channels:
            layers += [torch.nn.Conv2d(before, channels, 3, padding=1), torch.nn.ReLU()]
            before = channels
        else:
            layers.append(torch.nn.MaxPool2d(2))
    return torch.nn.Sequential(*layers)


def torch_mobilenetv2() -> Any:
    import torch

    def convolve(before: int, channels: int, side: int = 1, stride: int = 1, groups: int = 1) -> list[Any]:
        convolution = torch.nn.Conv2d(before, channels, side, stride, side // 2, groups=groups, bias=False)
        return [convolution, torch.nn.BatchNorm2d(channels)]

    class Block(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, before: int, channels: int, wider: int, stride: int) -> None:
            super().__init__()
            inside = before * wider
            widen = [*convolve(before, inside), torch.nn.ReLU6()] if wider > 1 else []
            each = [*convolve(inside, inside, 3, stride, inside), torch.nn.ReLU6()]
            self.work = torch.nn.Sequential(*widen, *each, *convolve(inside, channels))
            self.adds = stride == 1 and before == channels

        def forward(self, maps: Any) -> Any:
            return maps + self.work(maps) if self.adds else self.work(maps)

    layers = [*convolve(3, 32, 3, 2), torch.nn.ReLU6()]
    before = 32
    for wider, channels, blocks, stride in MOBILENETV2:
        for block in range(blocks):
            layers.append(Block(before, channels, wider, 1 if block else stride))
            before = channels
    return torch.nn.Sequential(*layers, *convolve(before, 1280), torch.nn.ReLU6())


def agreement(one: Any, two: Any) -> float:
    """Return the least cosine between the features that two ways give for the same pictures."""
    one, two = np.asarray(one, np.float64), np.asarray(two, np.float64)
    return float(((one * two).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(two, axis=1)).min())


def measure(name: str, turns: int = 5) -> dict[str, Any]:
    """Time a batch by every way, in turns forwards and backwards; the first turn warms up and is left out."""
    size, batch = LEGS[name]
    keras.utils.set_random_seed(0)
    leg = build_leg(name, size, "none")
    images = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), np.uint8)
    one, two = np.random.default_rng(0).random((2, 2048, 2048), np.float32)
    ways = passes(name, leg, size, batch) | {"product": lambda _: one @ two}
    features = {way: ways[way](images) for way in ways}
    wall: dict[str, list[float]] = {way: [] for way in ways}
    processor: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(turns):
        for way in list(ways)[:: 1 if turn % 2 else -1]:
            begun, worked = time.perf_counter(), time.process_time()
            ways[way](images)
            wall[way].append(time.perf_counter() - begun)
            processor[way].append(time.process_time() - worked)
    peak = {kind: 2 * 2048**3 / statistics.median(times.pop("product")[1:]) for kind, times in
            (("wall", wall), ("processor", processor))}  # fmt: skip
    found: dict[str, Any] = {"peak_gflops": peak["wall"] / 1e9, "peak_gflops_processor": peak["processor"] / 1e9}
    work = operations(leg) * batch
    for way in wall:
        seconds, cost = (statistics.median(times[way][1:]) for times in (wall, processor))
        found |= {f"images_per_second_{way}": batch / seconds, f"share_of_peak_{way}": work / seconds / peak["wall"]}
        found |= {f"images_per_processor_second_{way}": batch / cost}
        found |= {f"share_of_peak_processor_{way}": work / cost / peak["processor"]}
        if way not in ("keras", "torch"):
            found[f"least_cosine_{way}"] = agreement(features[way], features["keras"])
    return found


def main() -> None:
    for name in sys.argv[1:] or LEGS:
        if name not in LEGS:
            sys.exit(__doc__)
        figures = measure(name)
        known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        RESULTS.write_text(json.dumps({**known, f"embed_{name}": figures}, indent=1) + "\n")
        for key, value in figures.items():
            print(f"{name:12s} {key:44s} {value:.4g}", flush=True)


if __name__ == "__main__":
    main()
