"""The command: `Benchmarks/run`."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from harness import chain_rows, curation_rows, diff_rows, ingest_rows, prose_rows, store_rows, training_rows, verify_rows
from harness.machine import machine, machine_line
from harness.measure import count_orphans
from harness.table import Row, json_rows, markdown
from harness.workshop import DEBIAN_DATA, STAMPS, Workshop

GROUPS = {
    "chains": ["DVC", "Snakemake", "redun", "doit"],
    "ingest": ["restic", "bup"],
    "prose": ["nbconvert"],
    "diff": ["pandas"],
    "store": ["DVC", "restic"],
    "verify": [],
    "curation": ["curation", *(name for name in DEBIAN_DATA if name != STAMPS)],
    "training": ["training", STAMPS],
}
"""What is measured, and the peers and data that each group needs."""

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Measures, prints the table, and returns 1 when a measurement of Colophon failed."""
    options = _options()
    workshop = Workshop(PROJECT, options.limit)
    chosen = options.only or list(GROUPS)
    own = {"curation": workshop.curation, "training": workshop.training, "store": workshop.store}
    programs = {own.get(name, workshop.colophon) for name in chosen}
    for program in sorted(programs):
        if not program.exists():
            print(f"{program} is missing: build it with `swift build -c release`", file=sys.stderr)
            return 1
    start = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - start:5.0f} s  {text}", file=sys.stderr, flush=True)

    if not options.no_peers:
        tell("installing the peers that are missing")
        workshop.install([peer for name in chosen for peer in GROUPS[name]])
    count_orphans()
    line = machine_line()
    rows: list[Row] = []
    for name in chosen:
        tell(name)
        rows += _groups(workshop, options)[name]()
    tell("done")
    print(f"{line}\n\n{markdown(rows)}")
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "rows": json_rows(rows)}, indent=2, ensure_ascii=False) + "\n")
    return 1 if any(row.colophon.value is None for row in rows) else 0


def _groups(workshop: Workshop, options: argparse.Namespace) -> dict[str, Callable[[], list[Row]]]:
    quick, repetitions, budget = options.quick, options.repetitions, options.budget
    plans = chain_rows.QUICK if quick else chain_rows.FULL
    return {
        "chains": lambda: chain_rows.chain_rows(workshop, plans, repetitions, budget),
        "ingest": lambda: ingest_rows.ingest_rows(workshop, (64 if quick else 1024) << 20, repetitions, budget),
        "prose": lambda: prose_rows.prose_rows(workshop, 10 if quick else 100, repetitions, budget),
        "diff": lambda: diff_rows.diff_rows(workshop, quick, repetitions, budget, options.pair_bytes),
        "store": lambda: store_rows.store_rows(workshop, quick, repetitions, budget, options.scale),
        "verify": lambda: verify_rows.verify_rows(workshop, quick, repetitions, budget),
        "curation": lambda: curation_rows.curation_rows(workshop, quick, repetitions, budget),
        "training": lambda: training_rows.training_rows(workshop, quick, repetitions, budget),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="Benchmarks/run",
        description="Measure Colophon beside DVC, Snakemake, redun, doit, restic, bup, nbconvert, pandas, the libraries of "
        "MetaCLIP's curation, PyTorch and NumPy; print a Markdown table. "
        "Ratios say how many times better Colophon is. Everything is written under .build/bench.")
    parser.add_argument("--quick", action="store_true", help="tiny sizes and two repetitions, to try the benchmarks out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all samples to a file")
    parser.add_argument("--only", action="append", choices=GROUPS, help="measure this group alone; may be repeated")
    parser.add_argument("--no-peers", action="store_true", help="install no peer and no data; what is missing has no value")
    parser.add_argument("--repetitions", type=int, metavar="N", help="runs of each contender, at most (5; with --quick 2)")
    parser.add_argument(
        "--budget", type=float, default=15, metavar="S", help="wall seconds after which a contender is not repeated (15)")
    parser.add_argument(
        "--scale", type=float, default=1, metavar="X", help="size of the file whose hundred versions are kept, times 100 MB (1)")
    parser.add_argument("--limit", type=float, default=120, metavar="S", help="longest run of one command in seconds (120)")
    parser.add_argument(
        "--pair-bytes", type=int, metavar="N", help="the size of each set of pairs whose difference is measured (2000000000)")
    options = parser.parse_args()
    options.repetitions = options.repetitions or (2 if options.quick else 5)
    return options


if __name__ == "__main__":
    sys.exit(main())
