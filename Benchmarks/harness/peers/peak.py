"""Runs a command and writes the peak memory of it and its descendants, in bytes, into a file: `peak.py FILE COMMAND…`."""

import resource
import subprocess
import sys
from pathlib import Path

status = subprocess.run(sys.argv[2:], check=False).returncode
Path(sys.argv[1]).write_text(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024))
sys.exit(status)
