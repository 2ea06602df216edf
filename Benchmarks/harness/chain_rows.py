"""No-op runs, first runs and the first compilation of a notebook, beside tools that run the same chain."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from harness.chains import Chain, ColophonChain, DoitChain, DVCChain, FileChain, RedunChain, SnakemakeChain
from harness.measure import Contender, Failed, Series, Usage, interleave
from harness.table import CPU_SECONDS, CPU_SECONDS_PER_STAGE, WALL_SECONDS, Cell, Row, Unit
from harness.workshop import Workshop

NOOP_TARGETS = {100: 0.1, 10_000: 1.0}
"""CPU seconds of a no-op run, by length."""

FIRST_TARGET = 0.005
"""CPU seconds per stage of a first run, at every length."""


@dataclass(frozen=True)
class Plan:
    """A length, the peers that run it, and those of them whose results are laid down instead of computed."""

    length: int
    peers: Sequence[type[Chain]]
    filled: Sequence[type[FileChain]] = ()


FULL = [
    Plan(10, []),
    Plan(100, [DVCChain, SnakemakeChain, RedunChain, DoitChain]),
    Plan(1_000, [SnakemakeChain, RedunChain, DoitChain]),
    Plan(10_000, [SnakemakeChain, DoitChain], filled=[SnakemakeChain]),
]
QUICK = [
    Plan(3, []),
    Plan(10, [DVCChain, SnakemakeChain, RedunChain, DoitChain]),
    Plan(30, [SnakemakeChain, DoitChain], filled=[SnakemakeChain]),
]


def chain_rows(workshop: Workshop, plans: Sequence[Plan], repetitions: int, budget: float) -> list[Row]:
    """Measures every plan and returns its rows: compilation, no-op runs, first runs, and their growth."""
    compilation: list[Row] = []
    noop: list[Row] = []
    first: list[Row] = []
    series: dict[int, dict[str, Series]] = {}
    for plan in plans:
        ours = ColophonChain(workshop, plan.length)
        ours.write()
        peers, failures = _peers(workshop, plan)
        chains = [ours, *peers]
        compiled = _compile(ours, 1 if compilation else repetitions, budget)
        computed = [chain for chain in chains if type(chain) not in plan.filled]
        firsts = interleave([Contender(chain.name, chain.run_first) for chain in computed], repetitions, budget)
        ready = [chain for chain in chains if chain.name not in firsts or firsts[chain.name].failure is None]
        noops = interleave([Contender(chain.name, chain.run) for chain in ready], repetitions, budget)
        failed = {name: result for name, result in firsts.items() if result.failure is not None}
        series[plan.length] = firsts | failures
        if not compilation:
            compilation = _compilation_rows(plan.length, compiled, firsts["Colophon"])
        noop.append(_noop_row(plan, noops | failed | failures))
        first.append(_first_row(plan, firsts | failures))
    return compilation + noop + first + _growth_rows(series)


def _peers(workshop: Workshop, plan: Plan) -> tuple[list[Chain], dict[str, Series]]:
    """The peers' chains that could be written, and why the others could not."""
    chains: list[Chain] = []
    failures: dict[str, Series] = {}
    for kind in plan.peers:
        chain = kind(workshop, plan.length)
        try:
            chain.command()
            chain.write()
            if isinstance(chain, FileChain) and kind in plan.filled:
                chain.fill()
        except Failed as failure:
            failures[kind.name] = Series(failure=str(failure))
        else:
            chains.append(chain)
    return chains, failures


def _compile(chain: ColophonChain, repetitions: int, budget: float) -> Series:
    """Runs a notebook that was never compiled."""

    def measure() -> Usage:
        chain.forget_program()
        return chain.run()

    return interleave([Contender(chain.name, measure)], repetitions, budget)[chain.name]


def _compilation_rows(length: int, whole: Series, compiled: Series) -> list[Row]:
    def difference(unit: Unit, whole_value: float | None, rest: float | None) -> Row:
        value = None if whole_value is None or rest is None else whole_value - rest
        kind = "CPU" if unit is CPU_SECONDS else "wall"
        what = f"Compiling a new notebook: its first run, {length} stages, less one with the program kept ({kind})"
        return Row(what, unit, Cell("Colophon", value, series=whole))

    return [
        difference(CPU_SECONDS, whole.cpu, compiled.cpu),
        difference(WALL_SECONDS, whole.wall, compiled.wall),
    ]


def _noop_row(plan: Plan, results: dict[str, Series]) -> Row:
    def cell(name: str) -> Cell:
        series = results[name]
        remark = f"{CPU_SECONDS.write(series.wall)} wall" if name == "Colophon" and series.wall is not None else ""
        return Cell(name, series.cpu, remark, series)

    return Row(
        f"No-op run, {plan.length:,} stages (CPU)", CPU_SECONDS, cell("Colophon"),
        [cell(kind.name) for kind in plan.peers], NOOP_TARGETS.get(plan.length))


def _first_row(plan: Plan, results: dict[str, Series]) -> Row:
    def cell(name: str) -> Cell:
        series = results[name]
        return Cell(name, None if series.cpu is None else series.cpu / plan.length, series=series)

    return Row(
        f"First run, {plan.length:,} stages, program compiled (CPU per stage)", CPU_SECONDS_PER_STAGE, cell("Colophon"),
        [cell(kind.name) for kind in plan.peers if kind not in plan.filled], FIRST_TARGET)


def _growth_rows(series: dict[int, dict[str, Series]]) -> list[Row]:
    """What one more stage costs between neighbouring lengths: flat where the fixed cost of a run is left out."""
    rows: list[Row] = []
    lengths = sorted(series)
    for short, long in itertools.pairwise(lengths):
        cells: list[Cell] = []
        for name in series[long]:
            low = series[short].get(name, Series()).cpu
            high = series[long][name].cpu
            if low is not None and high is not None:
                cells.append(Cell(name, (high - low) / (long - short)))
        ours = [cell for cell in cells if cell.tool == "Colophon"] or [Cell("Colophon", None)]
        peers = [cell for cell in cells if cell.tool != "Colophon"]
        what = f"First run, one more stage between {short:,} and {long:,} (CPU)"
        rows.append(Row(what, CPU_SECONDS_PER_STAGE, ours[0], peers, FIRST_TARGET))
    return rows
