"""The `course` command. Every verb is a thin layer over one function; its imports happen only when it is called."""

import argparse
import sys
from collections.abc import Sequence

from course_utils import __version__
from course_utils.errors import CourseError

PROFILES = ("smoke", "quick", "gpu")


def build(args: argparse.Namespace) -> int:
    from course_utils.notebooks.build import build_command

    return build_command(args.tasks, check=args.check)


def run(args: argparse.Namespace) -> int:
    from course_utils.notebooks.run import run_command

    return run_command(args.tasks, args.profile, args.parameter, args.output, args.cell_timeout)


def bands(args: argparse.Namespace) -> int:
    from course_utils.notebooks.bands import bands_command

    return bands_command(args.task, profile=args.profile, seeds=args.seeds)


def check(args: argparse.Namespace) -> int:
    from course_utils.checks.matrix import matrix_command

    return matrix_command(args.tasks, exercise=args.exercise, write_page=args.page)


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


def doctor(args: argparse.Namespace) -> int:
    from course_utils.doctor import doctor_command

    return doctor_command()


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="course", description="Learning at Scale: build, run, check and grade the course notebooks."
    )
    top.add_argument("--version", action="version", version=f"course {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)

    verb = verbs.add_parser("build", help="generate the solution and student notebooks from solutions/*.py")
    verb.add_argument("tasks", nargs="*", metavar="TASK", help="default: all")
    verb.add_argument("--check", action="store_true", help="build into a temporary folder and fail on any difference")
    verb.set_defaults(call=build)

    verb = verbs.add_parser("run", help="execute notebooks headless and hold their metrics against the recorded bands")
    verb.add_argument(
        "tasks", nargs="*", metavar="TASK", help="task names or paths of .ipynb files; default: all tasks"
    )
    verb.add_argument("--profile", choices=PROFILES, default="quick")
    verb.add_argument(
        "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="set a notebook parameter"
    )
    verb.add_argument("-o", "--output", metavar="DIR", help="where results go; default: runs/<profile>")
    verb.add_argument("--cell-timeout", type=float, metavar="SECONDS", help="the longest a cell may take")
    verb.set_defaults(call=run)

    verb = verbs.add_parser("bands", help="run a task with several seeds and record the intervals its metrics fall in")
    verb.add_argument("task", metavar="TASK")
    verb.add_argument("--profile", choices=PROFILES, default="quick")
    verb.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="N")
    verb.set_defaults(call=bands)

    verb = verbs.add_parser(
        "check", help="test the checks: references, alternatives, stubs and misconceptions (the kill matrix)"
    )
    verb.add_argument("tasks", nargs="*", metavar="TASK", help="default: all")
    verb.add_argument("--exercise", metavar="ID", help="only this exercise, with every message shown")
    verb.add_argument("--page", action="store_true", help="write docs/kill_matrix.md")
    verb.set_defaults(call=check)

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
    verb.add_argument("--profile", choices=("cpu", "gpu"), default="cpu", help="which models; default: cpu")
    verb.add_argument("-o", "--output", metavar="DIR", help="where runs go; default: runs/language_models")
    verb.add_argument("--resume", action="store_true", help="go on with runs that were cut off, skip finished ones")
    verb.set_defaults(call=train_lm)

    verb = verbs.add_parser(
        "doctor", help="versions, device, data, memory, isolation, and what each profile will cost here"
    )
    verb.set_defaults(call=doctor)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        return args.call(args)
    except CourseError as error:
        print(f"course {args.verb}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"course {args.verb}: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
