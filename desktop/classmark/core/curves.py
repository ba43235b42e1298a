"""Curves as SVG pictures, readable on light and on dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]

_SIDE, _LEFT, _TOP, _BOTTOM, _GAP = 200, 46, 28, 42, 20
_PANEL = _LEFT + _SIDE + _GAP
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
# The picture brings its own ground, for a page's may not be what the person's system prefers.
_STYLE = """
.ground{fill:#fff}text{font:11px system-ui,sans-serif;fill:#333}.name{font-weight:600}.axis{stroke:#888;fill:none}
.grid{stroke:#ddd}.guide{stroke:#888;stroke-dasharray:4 3;fill:none}.curve{stroke:#1a66b8;stroke-width:2;fill:none}
.bar{stroke:#1a66b8;stroke-opacity:.5}.point{fill:#1a66b8}
@media (prefers-color-scheme:dark){.ground{fill:#16191d}text{fill:#d8dce0}.axis,.guide{stroke:#8a9199}
.grid{stroke:#343a40}.curve,.bar{stroke:#6db3f8}.point{fill:#6db3f8}}
"""


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot: a curve through points, bars (x, low, high) of their intervals, and a dashed line to compare with.

    x runs from 0 to 1, y from 0 to ``top``.
    """

    name: str
    points: Sequence[Point]
    guide: Sequence[Point]
    bars: Sequence[tuple[float, float, float]] = ()
    top: float = 1.0


def picture(panels: Sequence[Panel], x_name: str, y_name: str, description: str) -> str:
    """Return an SVG with the panels side by side; the description is for those who cannot see it."""
    width, height = _PANEL * len(panels), _TOP + _SIDE + _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img">',
        f"<title>{escape(description)}</title><style>{_STYLE}</style>",
        f'<rect class="ground" width="{width}" height="{height}" rx="4"/>',
    ]
    for number, panel in enumerate(panels):
        parts.append(f'<g transform="translate({number * _PANEL + _LEFT} {_TOP})">')
        parts += [*_frame(panel, x_name, y_name), *_content(panel), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _frame(panel: Panel, x_name: str, y_name: str) -> list[str]:
    middle = _SIDE / 2
    parts = [f'<text class="name" x="0" y="-10">{escape(panel.name)}</text>']
    for tick in _TICKS:
        place = _SIDE * (1 - tick)
        parts += [
            f'<line class="grid" x1="0" x2="{_SIDE}" y1="{place:g}" y2="{place:g}"/>',
            f'<text x="-6" y="{place + 4:g}" text-anchor="end">{panel.top * tick:.3g}</text>',
            f'<text x="{_SIDE * tick:g}" y="{_SIDE + 16}" text-anchor="middle">{tick:g}</text>',
        ]
    return [
        *parts,
        f'<rect class="axis" width="{_SIDE}" height="{_SIDE}"/>',
        f'<text x="{middle:g}" y="{_SIDE + 33}" text-anchor="middle">{escape(x_name)}</text>',
        f'<text transform="translate(-34 {middle:g}) rotate(-90)" text-anchor="middle">{escape(y_name)}</text>',
    ]


def _content(panel: Panel) -> list[str]:
    def at(x: float, y: float) -> str:
        return f"{_SIDE * x:.1f},{_SIDE * (1 - min(y / panel.top, 1)):.1f}"

    parts = [f'<polyline class="guide" points="{" ".join(at(*point) for point in panel.guide)}"/>']
    for x, low, high in panel.bars:
        parts.append(f'<path class="bar" d="M{at(x, low)} L{at(x, high)}"/>')
    parts.append(f'<polyline class="curve" points="{" ".join(at(*point) for point in panel.points)}"/>')
    if panel.bars:
        places = (at(*point).split(",") for point in panel.points)
        parts += [f'<circle class="point" cx="{x}" cy="{y}" r="3"/>' for x, y in places]
    return parts
