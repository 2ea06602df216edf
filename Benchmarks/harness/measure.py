"""Runs commands and tells what they cost: processor time of a process and all its descendants, and wall time."""

import ctypes
import os
import resource
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
"""From linux/prctl.h: orphaned descendants become children of this process, so that their time is counted too."""

ORPHAN_SECONDS = 5.0
"""How long a command's orphans may go on after it before they are left out of its processor time."""


class Failed(Exception):
    """A command or a peer's installation failed; the message fits into a cell of the table."""


@dataclass(frozen=True)
class Usage:
    """What one run cost, in seconds; `cpu` is user plus system time."""

    cpu: float
    wall: float


@dataclass
class Series:
    """The runs of one contender, or why there are none."""

    samples: list[Usage] = field(default_factory=list)
    failure: str | None = None

    @property
    def cpu(self) -> float | None:
        """The median processor time in seconds."""
        return self._median([sample.cpu for sample in self.samples])

    @property
    def wall(self) -> float | None:
        """The median wall time in seconds."""
        return self._median([sample.wall for sample in self.samples])

    def _median(self, values: list[float]) -> float | None:
        return statistics.median(values) if values and self.failure is None else None


@dataclass(frozen=True)
class Contender:
    """One tool in a comparison. `measure` prepares what is not counted, runs once, and returns the cost."""

    name: str
    measure: Callable[[], Usage]


def count_orphans() -> None:
    """Makes this process the parent of descendants whose own parent has ended. Call once, before anything is measured."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], limit: float) -> Usage:
    """Runs a command to its end in a session of its own and returns its cost.

    The time is the growth of this process's children's `rusage` while it waits with `wait4`: nothing else may run meanwhile.
    Raises `Failed` for an exit status other than 0 and for a run longer than `limit` seconds, which is ended.
    """
    log = folder / "output.log"
    with log.open("wb") as output:
        before = _children_time()
        start = time.monotonic()
        try:
            process = subprocess.Popen(
                [str(word) for word in command], cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        except FileNotFoundError as error:
            raise Failed(f"there is no {command[0]}") from error
        timer = threading.Timer(limit, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        _, status, _ = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        _reap_orphans()
        cpu = _children_time() - before
    if wall >= limit:
        raise Failed(f"> {limit:.0f} s")
    if process.returncode != 0:
        name = Path(command[0]).name
        raise Failed(f"{name} ended with status {process.returncode}: {_last_line(log)}")
    return Usage(cpu=cpu, wall=wall)


def interleave(contenders: Sequence[Contender], repetitions: int, budget: float) -> dict[str, Series]:
    """Measures all contenders in turns, so that a busy moment of the machine meets all of them.

    A contender that has used up its `budget` of wall seconds is not repeated; each runs at least once unless it fails.
    """
    results = {contender.name: Series() for contender in contenders}
    for _ in range(repetitions):
        for contender in contenders:
            series = results[contender.name]
            if series.failure is not None or sum(sample.wall for sample in series.samples) > budget:
                continue
            try:
                series.samples.append(contender.measure())
            except Failed as failure:
                series.failure = str(failure)
    return results


def _children_time() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _reap_orphans() -> None:
    """Waits for descendants that a command left behind."""
    end = time.monotonic() + ORPHAN_SECONDS
    while time.monotonic() < end:
        try:
            identifier, _, _ = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if identifier == 0:
            time.sleep(0.005)


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:160] if lines else "it printed nothing"
