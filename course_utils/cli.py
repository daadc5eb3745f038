"""The `course` command. Every verb is a thin layer over one function; its imports happen only when it is called.

The verbs here are everybody's. Where the instructor's half is, it adds its own (`course_tools.cli`).
"""

import argparse
import errno
import io
import os
import select
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from course_utils import __version__, instructor
from course_utils.errors import CourseError

STDOUT = 1
POSIX_ONLY = ("fcntl", "resource")  # grading needs them: locks of files, limits of processes
ROOM = "free some space, then run the same again"
RIGHTS = "give this account the right to it, or name another place"
ADVICE = {
    errno.ENOSPC: ROOM,
    errno.EDQUOT: ROOM,
    errno.EROFS: RIGHTS,
    errno.EACCES: RIGHTS,
    errno.EPERM: RIGHTS,
    errno.ENOTDIR: RIGHTS,
}  # what is wrong with a machine and not with us
Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def fetch(args: argparse.Namespace) -> int:
    from course_utils.data import load_images

    print(load_images(args.dataset, root=args.root, download=True))
    return 0


def fetch_lm(args: argparse.Namespace) -> int:
    from course_utils.models.commands import fetch_command

    return fetch_command(args.name, args.revision)


def train_lm(args: argparse.Namespace) -> int:
    from course_utils.models.commands import train_command

    return train_command(args.names, profile=args.profile, output=args.output, resume=args.resume)


def progress(args: argparse.Namespace) -> int:
    from course_utils.standing import progress_command

    return progress_command(args.tasks, args.folder)


def doctor(args: argparse.Namespace) -> int:
    from course_utils.doctor import doctor_command

    return doctor_command()


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="course", description="Learning at Scale: build, run, check and grade the course notebooks."
    )
    top.add_argument("--version", action="version", version=f"course {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    if half := instructor.half():
        half.add_verbs(verbs)
    _verbs_for_all(verbs)
    return top


def _verbs_for_all(verbs: Verbs) -> None:
    verb = verbs.add_parser("fetch", help="download, check and unpack an image data set")
    verb.add_argument("dataset", choices=("cifar10", "stl10"))
    verb.add_argument("--root", metavar="DIR", help="where it goes; default: $COURSE_DATA, else data/cache")
    verb.set_defaults(call=fetch)

    verb = verbs.add_parser("fetch-lm", help="download a language model of the hub for later, offline use")
    verb.add_argument("name", metavar="NAME", help="such as EleutherAI/pythia-70m")
    verb.add_argument("--revision", default="main", metavar="REVISION", help="such as step1000; default: main")
    verb.set_defaults(call=fetch_lm)

    verb = verbs.add_parser("train-lm", help="train the embedded language models again, or the larger ladder of a GPU")
    verb.add_argument("names", nargs="*", metavar="NAME", help="models or single runs; default: all of the profile")
    verb.add_argument("--profile", choices=("cpu", "gpu", "limits"), default="cpu", help="which models; default: cpu")
    verb.add_argument("-o", "--output", metavar="DIR", help="where runs go; default: runs/language_models")
    verb.add_argument("--resume", action="store_true", help="go on with runs that were cut off, skip finished ones")
    verb.set_defaults(call=train_lm)

    verb = verbs.add_parser("progress", help="points so far, exercises done and in work, and what to do next")
    verb.add_argument("tasks", nargs="*", metavar="TASK", help="default: every task with a check that was run")
    verb.add_argument("--folder", metavar="DIR", help="where the notebook is; default: here, else notebooks/TASK")
    verb.set_defaults(call=progress)

    verb = verbs.add_parser(
        "doctor", help="versions, device, data, memory, isolation, and what each profile will cost here"
    )
    verb.set_defaults(call=doctor)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code. Where nobody reads on (`course progress | head`) it ends without a word, as if SIGPIPE had ended it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that a terminal cannot show is no reason to end
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            return _run(argv)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        poll = select.poll()
        poll.register(STDOUT, 0)
        if not poll.poll(0):  # a pipe of the command's own
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)  # what Python flushes at exit goes there
        return 141


def _run(argv: Sequence[str] | None) -> int:
    args = parser().parse_args(argv)
    try:
        return args.call(args)
    except CourseError as error:
        print(f"course {args.verb}: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        if error.errno not in ADVICE:
            raise
        place = error.filename or next(_full(getattr(args, "output", None)), "somewhere")
        print(f"course {args.verb}: {place}: {error.strerror}: {ADVICE[error.errno]}", file=sys.stderr)
        return CourseError.exit_code
    except ModuleNotFoundError as error:
        if error.name not in POSIX_ONLY:
            raise
        print(
            f"course {args.verb}: this system has no {error.name!r}; use Linux (on Windows: WSL)",
            file=sys.stderr,
        )
        return CourseError.exit_code
    except KeyboardInterrupt:
        print(f"course {args.verb}: interrupted", file=sys.stderr)
        return 130


def _full(output: str | None) -> Iterator[str]:
    """Which of the folders that a verb writes to lie on a full disk: a write that fails does not say where."""
    for place in (output, os.getcwd(), tempfile.gettempdir()):
        if place and os.path.exists(place) and shutil.disk_usage(place).free < 2**20:
            yield place


if __name__ == "__main__":
    sys.exit(main())
