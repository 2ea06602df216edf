"""The rows of the result, as Markdown and as JSON."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from harness.measure import Series


@dataclass(frozen=True)
class Unit:
    """How a quantity is written and which direction is better."""

    name: str
    lower_is_better: bool
    write: Callable[[float], str]


def _seconds(value: float) -> str:
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"


def _rate(value: float) -> str:
    if value < 10e6:
        return f"{value / 1e6:.2g} MB/s"
    return f"{value / 1e9:.2f} GB/s" if value >= 1e9 else f"{value / 1e6:.0f} MB/s"


def _texts(value: float) -> str:
    return f"{value / 1e6:.2f} million/s" if value >= 1e6 else f"{value / 1e3:.3g} thousand/s"


def _bytes(value: float) -> str:
    return f"{value / 1e9:.2f} GB" if value >= 1e9 else f"{value / 1e6:.0f} MB"


CPU_SECONDS = Unit("CPU seconds", True, _seconds)
WALL_SECONDS = Unit("wall seconds", True, _seconds)
CPU_SECONDS_PER_STAGE = Unit("CPU seconds per stage", True, _seconds)
BYTES_PER_CPU_SECOND = Unit("bytes per CPU second", False, _rate)
TEXTS_PER_CPU_SECOND = Unit("texts per CPU second", False, _texts)
TEXTS_PER_SECOND = Unit("texts per wall second", False, _texts)
PICTURES_PER_SECOND = Unit("pictures per wall second", False, lambda value: f"{value:.0f} pictures/s")
BYTES = Unit("bytes", True, _bytes)
PER_CENT = Unit("per cent", True, lambda value: f"{value:.3g} %")


@dataclass(frozen=True)
class Cell:
    """One tool's value, or why it has none."""

    tool: str
    value: float | None
    remark: str = ""
    series: Series = field(default_factory=Series)


@dataclass(frozen=True)
class Row:
    """One comparison: Colophon, its peers, and what the project aims at, in the row's unit."""

    what: str
    unit: Unit
    colophon: Cell
    peers: Sequence[Cell] = ()
    target: float | None = None

    def ratio(self, peer: Cell) -> float | None:
        """How many times better Colophon is than the peer; below 1 it is worse."""
        ours, theirs = self.colophon.value, peer.value
        if not ours or not theirs:
            return None
        return theirs / ours if self.unit.lower_is_better else ours / theirs

    @property
    def meets_target(self) -> bool | None:
        """Nothing without a target or a value."""
        if self.target is None or self.colophon.value is None:
            return None
        if self.unit.lower_is_better:
            return self.colophon.value <= self.target
        return self.colophon.value >= self.target


def markdown(rows: Sequence[Row]) -> str:
    """The table; peers and their ratios stand in the same order."""
    lines = ["| what | Colophon | peers | ratio | target |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        peers = "<br>".join(f"{peer.tool} {_text(row, peer)}" for peer in row.peers)
        ratios = "<br>".join(_ratio(row.ratio(peer)) for peer in row.peers)
        lines.append(f"| {row.what} | {_text(row, row.colophon)} | {peers} | {ratios} | {_target(row)} |")
    return "\n".join(lines)


def json_rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """All values and samples, for other programs."""
    return [
        {
            "what": row.what,
            "unit": row.unit.name,
            "lowerIsBetter": row.unit.lower_is_better,
            "colophon": _json_cell(row.colophon),
            "peers": [{**_json_cell(peer), "ratio": row.ratio(peer)} for peer in row.peers],
            "target": row.target,
            "meetsTarget": row.meets_target,
        }
        for row in rows
    ]


def _text(row: Row, cell: Cell) -> str:
    if cell.value is None:
        text = cell.series.failure or "not measured"
        return text.replace("|", "\\|")
    return row.unit.write(cell.value) + (f" ({cell.remark})" if cell.remark else "")


def _ratio(ratio: float | None) -> str:
    if ratio is None:
        return "–"
    return f"{ratio:.0f}×" if ratio >= 10 else f"{ratio:.2g}×"


def _target(row: Row) -> str:
    if row.target is None:
        return ""
    mark = {True: " ✓", False: " ✗", None: ""}[row.meets_target]
    return ("≤ " if row.unit.lower_is_better else "≥ ") + row.unit.write(row.target) + mark


def _json_cell(cell: Cell) -> dict[str, Any]:
    return {"tool": cell.tool, "value": cell.value, "remark": cell.remark, **asdict(cell.series)}
