"""ONNX Runtime with its telemetry off; whoever needs it takes it from here."""

from __future__ import annotations

import onnxruntime

__all__ = ["onnxruntime"]

# On Windows the system collects its events, and the environment variable that this package sets is not heeded there.
# https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md
onnxruntime.disable_telemetry_events()
