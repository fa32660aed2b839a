"""One system in a process of its own, asked over standard input. Standard library alone: it runs in any environment.

A request is a line of JSON: `{"rows": [{"id", "text"}], "found": false}`. The answer has the CPU seconds of all threads that
the rows took, the peak memory of the process in MiB so far and, where `found` is true, what was found in each row.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

Rows = list[dict[str, Any]]
Run = Callable[[Rows], list[Any]]


def serve(systems: Mapping[str, Callable[[], Run]]) -> None:
    """Loads the system that the command line names, tells what that took, and answers until the input ends."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer

    def answer(**values: Any) -> None:
        print(json.dumps(values, ensure_ascii=False), file=out, flush=True)

    begin = time.process_time()
    run = systems[sys.argv[1]]()
    answer(cpu=time.process_time() - begin, peak=peak())
    for line in sys.stdin:
        asked = json.loads(line)
        begin = time.process_time()
        found = run(asked["rows"])
        seconds = time.process_time() - begin
        answer(cpu=seconds, peak=peak(), found=found if asked["found"] else None)


def peak() -> float:
    """Peak resident memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
