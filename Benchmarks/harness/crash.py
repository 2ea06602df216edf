"""The command `Benchmarks/crash`: kills at random instants over runs of a notebook, writing, pushing, pulling and collecting garbage."""

import argparse
import random
import re
import subprocess
import sys
import time
from pathlib import Path

from harness.workshop import remove

PROJECT = Path(__file__).resolve().parents[2]
CHECK_EVERY = 50
"""Kills between two checks of everything that was said to be durable."""

STAGES = 200
"""Stages of the notebook that is run; every tenth takes longer than a tenth of a second, and is durable before it is told to be done."""

NOTEBOOK = """---
title: Killed
parameters:
  round: 0
---

```swift
struct Rows: Stage {
  var number: Int
  var round: Int

  func run(_ context: StageContext) async throws -> Table {
    var table = Table(columns: [.init("row"), .init("value")])
    for row in 0..<400 { table.append([.integer(row), .integer(row * number + round)]) }
    try await Task.sleep(for: .milliseconds(number % 10 == 9 ? 110 : 2))
    return table
  }
}

for number in 0..<STAGES { _ = try await Rows(number: number, round: round)() }
```
""".replace("STAGES", str(STAGES))


class Arena:
    """A project, a bare repository that it pushes to, and a second project that pulls from there."""

    def __init__(self, program: Path, colophon: Path, folder: Path, seed: int) -> None:
        self.program, self.colophon, self.folder, self.random = program, colophon, folder, random.Random(seed)
        self.ours, self.hub, self.theirs, self.said = folder / "ours", folder / "hub.git", folder / "theirs", folder / "said"
        remove(folder)
        for place in (self.ours, self.theirs):
            place.mkdir(parents=True)
        subprocess.run(["git", "init", "-q", "--bare", self.hub], check=True)
        self.said.touch()
        (self.ours / "killed.md").write_text(NOTEBOOK)
        # The project that the notebook belongs to.
        (self.ours / "Artifacts").mkdir()
        # How many results the runs of the present round have told to be done.
        self.round = self.done = self.all = 0
        # Compiled once, so that kills meet stages and not the compiler.
        if fault := self.run():
            raise SystemExit(fault)

    def step(self, name: str) -> list[str | Path]:
        """The command of a step."""
        words: dict[str, list[str | Path]] = {
            "write": ["write", self.ours, self.said],
            "push": ["push", self.ours, self.hub],
            "pull": ["pull", self.theirs, self.hub],
            "gc": ["gc", self.ours],
        }
        if name == "run":
            return [self.colophon, "run", self.ours / "killed.md", "--set", f"round={self.round}", "--output", "killed"]
        return [self.program, *words[name]]

    @staticmethod
    def told(progress: str) -> int:
        """How many results a killed run has told to be done, up to the last that took a tenth of a second: trifles after it may be lost."""
        done = [line for line in progress.splitlines() if line.startswith("done ")]
        times = (re.search(r" in (\d+) ms$", line) for line in done)
        durable = [number for number, found in enumerate(times, start=1) if found is None or int(found[1]) >= 100]
        return durable[-1] if durable else 0

    def run(self) -> str | None:
        """A run that nobody kills, after which another round begins; what is wrong when it computes what was done."""
        done = subprocess.run([str(word) for word in self.step("run")], capture_output=True, text=True)
        computed = sum(line.startswith("done ") for line in done.stderr.splitlines())
        if done.returncode or computed > STAGES - self.done:
            return (
                f"run: {computed} of {STAGES} results were computed though {self.done} had been told to be done; "
                f"status {done.returncode}: {done.stderr.strip().splitlines()[-1:]}")
        self.round, self.done = self.round + 1, 0
        return None

    def kill(self, name: str) -> bool:
        """Starts a step and kills it, and what it started, at a random instant; whether it was still going on."""
        progress = self.folder / "progress"
        with progress.open("w") as output:
            process = subprocess.Popen(
                [str(word) for word in self.step(name)], stdout=subprocess.DEVNULL, stderr=output, start_new_session=True)
            time.sleep(self.random.uniform(0.005, {"write": 0.35, "run": 1.2}.get(name, 0.2)))
            alive = process.poll() is None
            # A notebook's program is in a process group of its own: sometimes it is killed alone, sometimes the command, mostly both.
            victims = self.random.choice([["program"], ["command"], ["command", "program"], ["program", "command"]])
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            programs = children.read_text().split() if name == "run" and alive else []
            for victim in victims if programs else ["command"]:
                groups = programs if victim == "program" else [str(process.pid)]
                subprocess.run(["kill", "-9", "--", *(f"-{group}" for group in groups)], check=False, stderr=subprocess.DEVNULL)
            process.wait()
        if name == "run":
            told = self.told(progress.read_text())
            self.done, self.all = self.done + told, self.all + told
        return alive

    def check(self) -> str | None:
        """What is wrong; nothing, when everything that was said to be durable is there and git finds no fault."""
        if fault := self.run():
            return fault
        for repository in (self.ours / "Artifacts/store.git", self.theirs / "Artifacts/store.git", self.hub):
            if not repository.exists():
                continue
            done = subprocess.run(
                ["git", "--git-dir", repository, "fsck", "--full", "--strict", "--no-dangling"], capture_output=True, text=True)
            lines = [line for line in (done.stdout + done.stderr).splitlines() if line and not line.startswith("notice:")]
            if done.returncode or lines:
                return f"git fsck of {repository}: {lines[:3]}"
        for words in (["check", self.ours, self.said], ["fsck", self.ours], ["fsck", self.theirs]):
            done = subprocess.run([self.program, *words], capture_output=True, text=True)
            if done.returncode:
                return f"{words[0]}: {done.stderr.strip().splitlines()[-1:]}"
        return None

    def finish(self) -> str | None:
        """An exchange that nobody kills works after all that; what it moves is checked."""
        for name in ("push", "pull", "gc"):
            done = subprocess.run(self.step(name), capture_output=True, text=True)
            if done.returncode:
                return f"{name}: {done.stderr.strip().splitlines()[-1:]}"
        remove(self.ours / ".colophon")
        done = subprocess.run([self.program, "check", self.theirs, self.said], capture_output=True, text=True)
        return self.check() if done.returncode == 0 else f"the other project: {done.stderr.strip().splitlines()[-1:]}"


def main() -> int:
    """Kills, checks, prints one line; returns 1 when something was lost or damaged."""
    parser = argparse.ArgumentParser(prog="Benchmarks/crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--program", type=Path, default=PROJECT / ".build/release/store-benchmark")
    parser.add_argument("--colophon", type=Path, default=PROJECT / ".build/release/colophon")
    parser.add_argument("--folder", type=Path, default=PROJECT / ".build/bench/work/crash")
    options = parser.parse_args()
    arena = Arena(options.program, options.colophon, options.folder, options.seed)
    counts: dict[str, int] = {}
    finished = 0
    for number in range(1, options.kills + 1):
        name = arena.random.choice(["run", "run", "write", "push", "pull", "gc"])
        counts[name] = counts.get(name, 0) + 1
        finished += not arena.kill(name)
        if number % CHECK_EVERY == 0:
            print(f"{number} kills", file=sys.stderr, flush=True)
            if fault := arena.check():
                print(f"seed {options.seed}, after {number} kills: {fault}")
                return 1
    fault = arena.check() or arena.finish()
    results = len(arena.said.read_text().split())
    told = ", ".join(f"{count} over {name}" for name, count in sorted(counts.items()))
    print(
        fault or f"{options.kills} kills ({told}; {finished} steps were faster): all {results} written results and all {arena.all} "
        "of runs there, git fsck clean")
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())
