"""What a hostile student tries on an exchange, and what became of it: a list of harms, empty where nothing did.

Each is tried in a world of its own, in which ada and zoe hand in honestly. eve knows the names of their submissions, as if she had looked
over a shoulder: nbgrader's exchange rests on them.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nbgrader.utils import notebook_hash

from course_tools.grading.model.receipts import RECEIPTS, SECRET
from tests.exchange.people import become, do
from tests.exchange.world import PRIVATE, TASK, World

EARLY, LATE = "2020-01-01 00:00:00.000000 UTC", "2030-01-01 00:00:00.000000 UTC"
HONEST = ("ada", "zoe")
STOPS = "collecting stops: who comes after her is left out"
Attack = Callable[[World], list[str]]
ATTACKS: dict[str, tuple[Attack, str]] = {}  # what is tried -> how, and why nothing comes of it here


def attack(tries: str, closed: str) -> Callable[[Attack], Attack]:
    """Enter it in the table, in these words."""

    def enter(one: Attack) -> Attack:
        ATTACKS[tries] = one, closed
        return one

    return enter


def harms(world: World, one: Attack) -> list[str]:
    """Let the honest hand in, eve do her worst, the instructor collect."""
    for role in HONEST:
        world.work(role, f"{role}'s answer")
    found = one(world)
    for role in HONEST:
        text = world.collected(role)
        if text != f"{role}'s answer" and STOPS not in found:  # who else is left out then is by chance
            found.append(f"{role}'s work is {'replaced' if text else 'not collected'}")
    for role, secret in (("ada", "ada's answer"), ("the instructor", PRIVATE)):
        if secret in world.collected("eve"):
            found.append(f"what {role} wrote comes in as eve's, and back to her in the feedback")
    return found


def as_eve(world: World, what: Callable[..., object], *arguments: object) -> bool:
    """Whether eve could."""
    try:
        do(world.names["eve"], what, *arguments)
    except (OSError, shutil.Error):
        return False
    return True


def collect(world: World) -> list[str]:
    """The instructor collects; whether that went to its end."""
    try:
        world.teach("Collect", update=True)
    except Exception:
        return [STOPS]
    return []


def of(world: World, role: str) -> Path:
    """A student's submission, by its secret name."""
    (found,) = (path for path in world.inbound(role).iterdir() if path.name.startswith(world.names[role]))
    return found


def forged(world: World, student: str = "eve", when: str = LATE) -> Path:
    """Where a submission of eve's own making goes."""
    return world.inbound("eve") / f"{world.names[student]}+{TASK}+{when}+x"


def hand_in(place: Path, text: str = "eve's answer", when: str = LATE) -> None:
    """As nbgrader would, by hand."""
    place.mkdir()
    (place / "one.ipynb").write_text(text)
    (place / "timestamp.txt").write_text(when)
    (place / SECRET).write_text("eve")


@attack("reads another's submission", "only ada and the instructor enter ada's box")
def reads(world: World) -> list[str]:
    found = ["it is read"] if as_eve(world, (of(world, "ada") / "one.ipynb").read_text) else []
    collect(world)
    return found


@attack("reads another's home, where nbgrader keeps a copy", "the hub closes a home before its server starts")
def reads_home(world: World) -> list[str]:
    found = ["it is read"] if as_eve(world, (world.home("ada") / TASK / "one.ipynb").read_text) else []
    collect(world)
    return found


@attack("replaces another's notebook", "nobody enters another's box")
def replaces(world: World) -> list[str]:
    def swap() -> None:
        notebook = of_ada / "one.ipynb"
        notebook.unlink()
        notebook.write_text("eve was here")

    of_ada = of(world, "ada")
    as_eve(world, swap)
    collect(world)
    return []


@attack("deletes another's submission", "nobody enters another's box")
def deletes(world: World) -> list[str]:
    as_eve(world, shutil.rmtree, of(world, "ada"))
    collect(world)
    return []


@attack("hands in under another's name, with a later time", "it lies in eve's box, and counts as eve's")
def impersonates(world: World) -> list[str]:
    as_eve(world, hand_in, forged(world, "ada"))
    collect(world)
    return []


@attack("hands in a link to the instructor's answers", "links are left out, and told")
def links(world: World) -> list[str]:
    def link() -> None:
        place.mkdir()
        (place / "one.ipynb").symlink_to(world.course / "source" / TASK / "one.ipynb")
        (place / SECRET).write_text("eve")

    place = forged(world)
    as_eve(world, link)
    collect(world)
    return []


@attack(
    "makes the whole submission a link to another's, collected before",
    "what is no folder of its own is left alone, and told",
)
def links_folder(world: World) -> list[str]:
    collect(world)
    as_eve(world, forged(world).symlink_to, world.submitted("ada"))
    collect(world)
    return []


@attack(
    "swaps notebook and link back and forth while it is collected",
    "opened without following; what changes meanwhile is left for the next time",
)
def swaps(world: World) -> list[str]:
    def swap() -> None:
        notebook, link, own = place / "one.ipynb", Path("link"), Path("own")
        while True:
            link.symlink_to(world.course / "source" / TASK / "one.ipynb")
            link.replace(notebook)
            own.write_text("eve's answer")
            own.replace(notebook)

    place = forged(world)
    as_eve(world, hand_in, place)
    with meanwhile(world, swap):
        for _ in range(3 if world.boxed else 30):  # nbgrader's own falls half of the time
            collect(world)
            if PRIVATE in world.collected("eve"):
                break
            shutil.rmtree(world.submitted("eve"), ignore_errors=True)
    return []


@attack("hands in a named pipe", "left out, and told; the others are collected")
def pipe(world: World) -> list[str]:
    def make() -> None:
        hand_in(place)
        (place / "one.ipynb").unlink()
        os.mkfifo(place / "one.ipynb")

    place = forged(world)
    as_eve(world, make)
    return collect(world)


@attack("hands in 2 GB", "left out, and told; the others are collected")
def large(world: World) -> list[str]:
    def make() -> None:
        hand_in(place)
        os.truncate(place / "one.ipynb", 2 * 10**9)

    place = forged(world)
    as_eve(world, make)
    return collect(world)


@attack("hands in something whose name holds no time", "names decide nothing")
def nameless(world: World) -> list[str]:
    as_eve(world, hand_in, forged(world, when="now"))
    return collect(world)


@attack(
    "hands in late, and writes an earlier time",
    "when it arrived counts: the ctime of its files, which their owner cannot set",
)
def backdates(world: World) -> list[str]:
    as_eve(world, hand_in, forged(world, when=EARLY), "eve's answer", EARLY)
    collect(world)
    stamp = world.submitted("eve") / "timestamp.txt"
    return ["the earlier time counts"] if stamp.is_file() and stamp.read_text().startswith("2020") else []


@attack(
    "hands in while it is collected: half of it is there",
    "what is not complete is left alone; the last whole one is collected",
)
def half(world: World) -> list[str]:
    def make() -> None:
        place.mkdir()
        (place / "one.ipynb").write_text("eve's ans")

    world.work("eve", "eve's answer")
    place = forged(world)
    as_eve(world, make)
    collect(world)
    return [] if world.collected("eve") == "eve's answer" else ["half a notebook is collected, for one that was whole"]


@attack("locks her own submissions", "told; the others are collected")
def locks(world: World) -> list[str]:
    def lock() -> None:
        for path in places:
            path.chmod(0)

    world.work("eve", "eve's answer")
    places = [of(world, "eve"), world.inbound("eve")] if world.boxed else [of(world, "eve")]
    as_eve(world, lock)
    return collect(world)


@attack("reads another's feedback, whose name is made of a secret in the submission", "feedback has boxes too")
def feedback(world: World) -> list[str]:
    collect(world)
    secret = (of(world, "ada") / SECRET).read_text()
    give_feedback(world)
    name = f"{notebook_hash(secret=secret, notebook_id='one')}.html"
    pages = [path for path in (world.exchange).rglob(name)]
    assert len(pages) == 1
    return ["it is read"] if as_eve(world, pages[0].read_text) else []


def give_feedback(world: World) -> list[str]:
    """A page for each who was collected, released; the notes of it."""

    def write() -> None:
        for folder in world.course.glob(f"submitted/*/{TASK}"):
            place = world.course / "feedback" / folder.parent.name / TASK
            place.mkdir(parents=True)
            (place / "one.html").write_text(f"<p>for {folder.parent.name}</p>")
            for receipt in filter(Path.is_file, (folder / name for name in RECEIPTS)):
                shutil.copyfile(receipt, place / receipt.name)

    do(world.names["teach"], write)
    return world.teach("ReleaseFeedback")


@contextmanager
def meanwhile(world: World, what: Callable[[], None]) -> Iterator[None]:
    """eve does this until the block ends."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            become(world.names["eve"])
            what()
        os._exit(0)
    time.sleep(0.05)
    try:
        yield
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
