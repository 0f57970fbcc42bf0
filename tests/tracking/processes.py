"""What the tests of tracking share: other processes at the same store, and finished runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dnplab.tracking import (
    Store,
    tracked_run,
)

ROOT = Path(__file__).resolve().parents[2]
OPEN = "import sys; from pathlib import Path; from dnplab.tracking import Store, default_uri; "
OPEN += "o = Path(sys.argv[1]); s = Store(default_uri(o), 'dnplab', o / 'mlartifacts'); "


def python(code: str, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(store: Store, fingerprint: str, **params: object) -> str:
    with tracked_run(store, name=fingerprint, fingerprint=fingerprint, params=params, tags={}) as run:
        return run.run_id
