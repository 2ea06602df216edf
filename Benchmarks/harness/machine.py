"""What the measurements ran on."""

import datetime
import os
from pathlib import Path


def machine() -> dict[str, str | int]:
    """Cores that this process may use, the processor's model, memory in GiB and today's date."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _field("/proc/cpuinfo", "model name") or os.uname().machine,
        "memoryGiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)),
        "date": datetime.date.today().isoformat(),
    }


def machine_line() -> str:
    """The same in one line."""
    facts = machine()
    load = os.getloadavg()[0]
    return (
        f"{facts['cores']} cores of {facts['processor']}, {facts['memoryGiB']} GiB memory, {facts['date']}, "
        f"load before the first measurement {load:.1f}")


def _field(file: str, name: str) -> str | None:
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None
