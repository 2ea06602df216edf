"""Programs that measure themselves and print one JSON object, and tables of what they print."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.measure import Contender, Failed, Series, Usage, interleave
from harness.workshop import Workshop

LONGEST = 900.0
"""Seconds that a probe may take."""


@dataclass
class Probe:
    """A contender's command and what its runs found out."""

    name: str
    command: Callable[[], Sequence[str | Path]]
    """May raise `Failed`."""

    part: str
    """What of it the `Usage` is: `match` for `matchCPU` and `matchWall`."""

    runs: list[dict[str, Any]] = field(default_factory=list)
    series: Series = field(default_factory=Series)

    def run(self, workshop: Workshop, folder: Path, **variables: str) -> Usage:
        """Runs the command once, with these variables in its environment."""
        found = self.facts(workshop, folder, **variables)
        self.runs.append(found)
        return Usage(cpu=found[self.part + "CPU"], wall=found[self.part + "Wall"])

    def facts(self, workshop: Workshop, folder: Path, **variables: str) -> dict[str, Any]:
        """Runs the command once and returns what it prints, not as a measurement."""
        workshop.run(self.command(), folder, limit=LONGEST, **variables)
        lines = (folder / "output.log").read_text().splitlines()
        try:
            found: dict[str, Any] = json.loads(lines[-1])
        except (IndexError, json.JSONDecodeError) as error:
            raise Failed(f"{self.name} printed no figures") from error
        return found

    @property
    def last(self) -> dict[str, Any]:
        """What the last run found out; empty when none has succeeded."""
        return self.runs[-1] if self.runs and self.series.failure is None else {}

    def median(self, figure: Callable[[dict[str, Any]], float]) -> float | None:
        """The median of something in the runs that is not a time of `part`."""
        if self.series.failure is not None:
            return None
        values = sorted(figure(run) for run in self.runs)
        return values[len(values) // 2] if values else None


def measure(
    workshop: Workshop, folder: Path, probes: Sequence[Probe], repetitions: int, budget: float, **variables: str
) -> None:
    """Runs probes in turns, with these variables in their environment."""

    def contender(probe: Probe) -> Contender:
        return Contender(probe.name, lambda: probe.run(workshop, folder, **variables))

    results = interleave([contender(probe) for probe in probes], repetitions, budget)
    for probe in probes:
        probe.series = results[probe.name]


def expect_equal(probes: Sequence[Probe], names: Sequence[str]) -> None:
    """Makes a failure of every probe whose figures of these names are not those of the first one."""
    first = probes[0].last
    for probe in probes[1:]:
        different = [name for name in names if probe.last and first and probe.last[name] != first[name]]
        if different:
            message = f"{probes[0].name} and {probe.name} disagree: {', '.join(different)}"
            probes[0].series.failure = probe.series.failure = message
