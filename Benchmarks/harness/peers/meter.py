"""What a piece of work costs this process."""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType


class Meter:
    """Collects the costs of pieces of work, under names such as `match`: `matchCPU` and `matchWall`, in seconds."""

    def __init__(self) -> None:
        self.findings: dict[str, object] = {}

    def of(self, name: str) -> "Piece":
        """A context whose body is the piece of work."""
        return Piece(self, name)


class Piece:
    """One piece of work."""

    def __init__(self, meter: Meter, name: str) -> None:
        self.meter = meter
        self.name = name

    def __enter__(self) -> None:
        self.cpu, self.wall = time.process_time(), time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.meter.findings[self.name + "CPU"] = time.process_time() - self.cpu
        self.meter.findings[self.name + "Wall"] = time.monotonic() - self.wall


def peak_memory() -> int:
    """The most bytes that were resident at a time."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return 0


def forget_peak_memory() -> None:
    """Lets the peak count anew from what is resident now. Source: proc(5), `clear_refs`."""
    Path("/proc/self/clear_refs").write_text("5")


def median(values: Sequence[float]) -> float:
    """The median of at least one value."""
    return statistics.median(values)
