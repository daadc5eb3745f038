"""Work shared out by dask: to worker processes here, or to those of a scheduler that runs elsewhere and see the same files."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

from course_utils.errors import UsageError
from course_utils.machine import cores, gpus

RETRIES = 3
CONNECT = 30  # seconds to find a scheduler
Item = TypeVar("Item")


def shared_out(
    work: Callable[..., Any],
    items: Sequence[Item],
    arguments: Callable[[Item], tuple[Any, ...]],
    address: str,
    here: int,
) -> Iterator[tuple[Item, Any]]:
    """(item, work(*arguments(item))) for each item, once each, as they are finished.

    A worker that dies loses nothing: its task goes to another, and here a new worker takes its place. Where that does not help, the
    exception stands for the result.

    Args:
        address: of a scheduler; "" starts `here` workers on this machine, each with a GPU of its own while there are enough.

    Raises:
        UsageError: dask is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise UsageError("engine dask needs `python -m pip install 'dask[distributed]'`") from None
    with ExitStack() as stack:
        if not address:
            address = stack.enter_context(_workers(environments(here))).scheduler_address
        try:
            client = stack.enter_context(
                Client(address, timeout=CONNECT, set_as_default=False)
            )  # a course may have a client of its own
        except (OSError, TimeoutError) as error:
            raise UsageError(f"no dask scheduler answers at {address}: {error}") from None
        tasks = {client.submit(work, *arguments(item), pure=False, retries=RETRIES): item for item in items}
        for future in as_completed(tasks, loop=client.loop):
            yield tasks[future], future.result() if future.status == "finished" else future.exception()


def environments(workers: int) -> list[dict[str, str]]:
    """What each worker's processes are to find in their environment: their GPU, or else their share of the cores."""
    found = gpus()
    if found:
        return [{"CUDA_VISIBLE_DEVICES": found[i % len(found)]} for i in range(workers)]
    threads = os.environ.get("OMP_NUM_THREADS", str(max(1, cores() // workers)))
    return [{"OMP_NUM_THREADS": threads} for _ in range(workers)]


def _workers(environments: Sequence[dict[str, str]]) -> Any:
    """A cluster on this machine, one worker process with one thread for each environment."""
    from distributed import Nanny, Scheduler, SpecCluster

    options = {"nthreads": 1, "memory_limit": None, "dashboard": False, "silence_logs": 50}
    workers = {i: {"cls": Nanny, "options": {**options, "env": env}} for i, env in enumerate(environments)}
    scheduler = {"cls": Scheduler, "options": {"host": "127.0.0.1", "port": 0, "dashboard": False}}
    return SpecCluster(workers=workers, scheduler=scheduler, silence_logs=50)
