"""A class on one JupyterHub: how long its servers take, what they hold, and whether all may hand in within one minute.

    python -m benchmarks.hub [--students 30] [--at-once 3] [--minute 60]    # as root on Linux, with configurable-http-proxy

Everything is on the loopback. Servers start a few at a time; then each student fetches, works and hands in at a time drawn from the minute;
then the instructor collects. Exits 1 if a submission is lost.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import psutil

from course_utils.tables import text_table
from tests.exchange import hub, people, reach
from tests.exchange.classroom import Class, classroom
from tests.grading import toy


def timed(what: Callable[[], object]) -> float:
    """Seconds."""
    start = time.monotonic()
    what()
    return time.monotonic() - start


def start(here: Class, role: str) -> None:
    here.people[role].start()
    here.people[role].wait()


def hand_in(here: Class, role: str, when: float) -> float:
    """Seconds that a student waits for the button, pressed at `when`."""
    time.sleep(max(0.0, when - time.monotonic()))
    return timed(lambda: here.act(role, "submit"))


def memory(users: Iterable[str]) -> list[float]:
    """MB of each server: what would come free if it ended."""
    mine = set(users)
    found = [process for process in psutil.process_iter(["username", "cmdline"]) if process.info["username"] in mine]
    return [
        one.memory_full_info().uss / 2**20 for one in found if "jupyterhub-singleuser" in " ".join(one.info["cmdline"])
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--at-once", type=int, default=3, help="servers that start at a time")
    parser.add_argument("--minute", type=float, default=60, help="seconds within which all hand in")
    options = parser.parse_args()
    if not (people.possible and hub.PROXY and reach.reachable()):
        print("benchmarks.hub: not here: it makes users, so it needs root on Linux, and configurable-http-proxy")
        return 0
    roles = [f"s{number}" for number in range(options.students)]
    rows: list[tuple[str, list[float]]] = []

    def press(pool: ThreadPoolExecutor, button: str) -> list[float]:
        return list(pool.map(lambda role: timed(lambda: here.act(role, button)), roles))

    with classroom(roles) as here, ThreadPoolExecutor(options.students) as everybody:
        with ThreadPoolExecutor(options.at_once) as few:
            starts = list(few.map(lambda role: timed(lambda: start(here, role)), ["teach", *roles]))
        rows.append((f"a server starts, {options.at_once} at a time", starts))
        here.course("release", "ps1")
        rows.append(("fetch, all at once", press(everybody, "fetch")))
        for role in roles:
            here.write(role, toy.RIGHT)
        moments, begin = random.Random(0), time.monotonic()
        times = [begin + moments.uniform(0, options.minute) for _ in roles]
        submits = list(everybody.map(lambda role, when: hand_in(here, role, when), roles, times))
        rows.append((f"hand in, all within {options.minute:g} s", submits))
        rows.append(("hand in again, all at once", press(everybody, "submit")))
        rows.append(("course collect", [timed(lambda: here.course("collect", "ps1"))]))
        held = memory(here.names.values())
        collected = len(list((here.folder / "submitted").glob("*/ps1/one.ipynb")))
    table = [(what, f"{median(each):.2f} s", f"{max(each):.2f} s") for what, each in rows]
    table.append(("memory of a server", f"{median(held):.0f} MB", f"{max(held):.0f} MB"))
    print(text_table(("", "median", "most"), table))
    print(f"{collected} of {len(roles)} submissions collected")
    return int(collected != len(roles))


if __name__ == "__main__":
    sys.exit(main())
