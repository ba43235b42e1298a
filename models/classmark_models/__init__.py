"""The model engine of Classmark: texts → scores; knows nothing of the app."""

import os

# Before numpy is imported: the products of heads are too small for its threads, which would keep all processors busy
# waiting, and take them from the encoder: of a title's time more than half.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Before ONNX Runtime is imported, wherever that may be: since 1.29 its wheels report to their maker which models run
# and on what computer.
# https://github.com/microsoft/onnxruntime/pull/27379
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
