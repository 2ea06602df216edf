"""One workload for every tool: a chain of trivial stages, x₀ = 0, xᵢ₊₁ = xᵢ + i."""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from harness.measure import Failed, Usage
from harness.workshop import Workshop, remove

UNLIMITED_STACK = ["prlimit", "--stack=unlimited"]
"""Snakemake and redun walk a chain by recursion: deep ones need the stack, and `DEEP` at the top of their script."""

DEEP = "import sys\nsys.setrecursionlimit(1_000_000)\n"


class Chain(ABC):
    """A chain of stages as one tool has it, in a folder of its own."""

    name: str
    """The tool."""

    variables: dict[str, str] = {}
    """What the tool's environment has besides the workshop's."""

    def __init__(self, workshop: Workshop, length: int) -> None:
        self.workshop = workshop
        self.length = length
        self.folder = workshop.fresh("chain", f"{self.name.lower()}-{length}")

    @abstractmethod
    def write(self) -> None:
        """Writes the sources; nothing has run yet."""

    @abstractmethod
    def forget(self) -> None:
        """Removes all results, so that the next run is a first one."""

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """The command that brings the last value up to date."""

    @abstractmethod
    def result(self) -> str:
        """Text that holds the last value."""

    def run(self) -> Usage:
        """Runs the chain and checks what comes out of it."""
        usage = self.workshop.run(self.command(), self.folder, **self.variables)
        expected = str(self.length * (self.length - 1) // 2)
        if expected not in self.result().replace(",", ""):
            raise Failed(f"the result is not {expected}")
        return usage

    def run_first(self) -> Usage:
        """Runs the chain from nothing."""
        self.forget()
        return self.run()

    def output(self) -> str:
        """What the last command printed."""
        return (self.folder / "output.log").read_text(errors="replace")


class FileChain(Chain):
    """A chain whose values lie in `x/0.txt`, `x/1.txt`, …"""

    memory: Sequence[str] = ()
    """Paths of what the tool remembers."""

    def write(self) -> None:
        self.write_sources()
        self.forget()

    @abstractmethod
    def write_sources(self) -> None:
        """Writes what describes the chain."""

    def forget(self) -> None:
        for name in ["x", *self.memory]:
            remove(self.folder / name)
        (self.folder / "x").mkdir()
        self._value(0).write_text("0\n")

    def result(self) -> str:
        last = self._value(self.length)
        return last.read_text() if last.exists() else ""

    def fill(self) -> None:
        """Writes all values, each newer than the one before, where a first run would take too long."""
        value, now = 0, time.time_ns()
        for i in range(self.length + 1):
            path = self._value(i)
            path.write_text(f"{value}\n")
            value += i
            stamp = now - (self.length - i) * 1_000_000
            os.utime(path, ns=(stamp, stamp))

    def _value(self, i: int) -> Path:
        return self.folder / "x" / f"{i}.txt"


class ColophonChain(Chain):
    """A notebook with one stage type and a loop."""

    name = "Colophon"

    def write(self) -> None:
        (self.folder / "Artifacts").mkdir()
        self.edit("A chain of trivial stages.")

    def edit(self, sentence: str) -> None:
        """Writes the notebook with this sentence as its prose."""
        (self.folder / "chain.md").write_text(
            f"""---
title: Chain
---

{sentence}

```swift
struct Add: Stage {{
  var x: Int
  var i: Int
  func run(_ context: StageContext) async throws -> Int {{ x + i }}
}}
var x = 0
for i in 0..<{self.length} {{ x = try await Add(x: x, i: i)() }}
x
```
""")

    def forget(self) -> None:
        forget_results(self.folder)

    def forget_program(self) -> None:
        """Removes the compiled notebook too."""
        self.forget()
        remove(self.folder / ".colophon")

    def command(self) -> Sequence[str | Path]:
        return [self.workshop.colophon, "run", "chain.md"]

    def result(self) -> str:
        report = self.folder / "Artifacts" / "chain" / "report.md"
        return report.read_text() if report.exists() else ""


class DVCChain(FileChain):
    """A pipeline of shell commands in `dvc.yaml`."""

    name = "DVC"
    memory = ("dvc.lock", ".dvc/cache", ".dvc/tmp")

    def write_sources(self) -> None:
        self.workshop.run([self._dvc(), "init", "--no-scm", "--quiet"], self.folder)
        stages = [
            f"  add{i}:\n    cmd: echo $(($(cat x/{i}.txt) + {i})) > x/{i + 1}.txt\n"
            f"    deps: [x/{i}.txt]\n    outs: [x/{i + 1}.txt]\n"
            for i in range(self.length)
        ]
        (self.folder / "dvc.yaml").write_text("stages:\n" + "".join(stages))

    def command(self) -> Sequence[str | Path]:
        return [self._dvc(), "repro", "--quiet"]

    def _dvc(self) -> Path:
        return self.workshop.tool("DVC", "dvc")


class SnakemakeChain(FileChain):
    """One rule with a shell command."""

    name = "Snakemake"
    memory = (".snakemake",)

    def write_sources(self) -> None:
        (self.folder / "Snakefile").write_text(
            f"""{DEEP}
rule all:
    input: "x/{self.length}.txt"

rule add:
    input: lambda wildcards: f"x/{{int(wildcards.i) - 1}}.txt"
    output: "x/{{i}}.txt"
    wildcard_constraints: i="[1-9][0-9]*"
    shell: "echo $(($(cat {{input}}) + {{wildcards.i}} - 1)) > {{output}}"
""")

    def command(self) -> Sequence[str | Path]:
        return [*UNLIMITED_STACK, self.workshop.tool("Snakemake", "snakemake"), "--quiet", "all", "--cores", "1"]


class RedunChain(Chain):
    """One task called in a loop."""

    name = "redun"

    def write(self) -> None:
        (self.folder / "chain.py").write_text(
            f"""{DEEP}
from redun import task

redun_namespace = "chain"


@task()
def add(x: int, i: int) -> int:
    return x + i


@task()
def main(length: int) -> int:
    x = 0
    for i in range(length):
        x = add(x, i)
    return x
""")

    def forget(self) -> None:
        remove(self.folder / ".redun")

    def command(self) -> Sequence[str | Path]:
        redun = self.workshop.tool("redun", "redun")
        return [*UNLIMITED_STACK, redun, "run", "chain.py", "main", "--length", str(self.length)]

    def result(self) -> str:
        return self.output()


class DoitChain(FileChain):
    """Tasks whose actions are Python functions."""

    name = "doit"

    def write_sources(self) -> None:
        (self.folder / "dodo.py").write_text(
            f"""from pathlib import Path


def add(source, target, i):
    Path(target).write_text(str(int(Path(source).read_text()) + i))


def task_add():
    for i in range({self.length}):
        source, target = f"x/{{i}}.txt", f"x/{{i + 1}}.txt"
        yield {{"name": str(i), "actions": [(add, [source, target, i])], "file_dep": [source], "targets": [target]}}
""")

    def forget(self) -> None:
        super().forget()
        for path in self.folder.glob(".doit.db*"):
            path.unlink()

    def command(self) -> Sequence[str | Path]:
        return [self.workshop.tool("doit", "doit"), "run"]


def forget_results(project: Path) -> None:
    """Removes everything that Colophon keeps of a project but the compiled notebooks."""
    for folder in (project / "Artifacts", project / ".colophon"):
        for path in folder.iterdir() if folder.exists() else ():
            if path.name != "programs":
                remove(path)
