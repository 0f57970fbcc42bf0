"""Entry points: each module asks one question of the library."""

import sys
from types import TracebackType


def _brief(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print("Interrupted.", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


if sys.argv[0] == "-m":  # a command, whose imports take seconds: `as_script` comes after them
    sys.excepthook = _brief
