"""The instructor's verbs of the `course` command. Imports happen only when a verb is called."""

import argparse
import math
from typing import TYPE_CHECKING

from course_utils.errors import CourseError, UsageError
from course_utils.profiles import PROFILES

if TYPE_CHECKING:
    from course_utils.cli import Verbs

GROUPS = "tasks, core or all; default: all"
LAYOUTS = """
submissions, in a folder or a zip:
  STUDENT/ASSIGNMENT/NOTEBOOK.ipynb                        nbgrader's submitted/
  Full Name_12345_assignsubmission_file_/NOTEBOOK.ipynb    as Moodle downloads them
  STUDENT.ipynb or STUDENT/NOTEBOOK.ipynb                  loose notebooks

late policies: none, zero, "10%/day", "2/day", each also with ", grace 30 min" or ", at most 50%"

exit codes: 0 all graded, 3 some not (listed), 1 an error, 2 a wrong command. Killed, it goes on where it was.
"""


def count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def positive(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return found


def port(text: str, least: int = 1) -> int:
    if not text.isdecimal() or not least <= int(text) < 2**16:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: {least} to 65535")
    return int(text)


def port_or_any(text: str) -> int:
    return port(text, least=0)


def build(args: argparse.Namespace) -> int:
    from course_tools.build.generate import build_command

    return build_command(args.tasks, args.check, args.exercise)


def translate(args: argparse.Namespace) -> int:
    from course_tools.translate.command import extract_command, pseudo_command, status_command

    match args.what:
        case "extract":
            return extract_command(args.domains, args.language)
        case "pseudo":
            return pseudo_command(args.domains)
        case _:
            return status_command(args.domains, args.language)


def student_zip(args: argparse.Namespace) -> int:
    from course_tools.build.handout import handout_command

    return handout_command(args.tasks, args.output)


def new_exercise(args: argparse.Namespace) -> int:
    from course_tools.build.new_exercise import new_exercise_command

    return new_exercise_command(args.task, args.id, args.after)


def new_task(args: argparse.Namespace) -> int:
    from course_tools.build.new_task import new_task_command

    return new_task_command(args.name)


def run(args: argparse.Namespace) -> int:
    from course_tools.run.command import run_command

    return run_command(
        args.tasks,
        args.profile,
        args.parameter,
        args.output,
        args.cell_timeout,
        args.sweep,
        args.engine,
        args.jobs,
    )


def bands(args: argparse.Namespace) -> int:
    from course_tools.run.bands import bands_command

    return bands_command(args.task, profile=args.profile, seeds=args.seeds)


def check(args: argparse.Namespace) -> int:
    if args.seeds:
        from course_tools.checks.sweep import sweep_command

        return sweep_command(args.tasks, args.exercise, args.seeds)
    if args.variants is not None:
        from course_tools.checks.variant_matrix import variants_command

        return variants_command(args.tasks, args.exercise, args.variants)
    from course_tools.checks.matrix import matrix_command

    return matrix_command(args.tasks, exercise=args.exercise, write_page=args.page)


def grade(args: argparse.Namespace) -> int:
    from course_tools.grading.command import grade_command

    return grade_command(
        args.assignment,
        args.submissions,
        args.engine,
        args.jobs,
        args.output,
        args.due,
        args.late,
        args.worksheet,
        args.trust_submissions,
        args.ungradable_by_hand,
        args.seed,
        args.cell_timeout,
        args.notebook_timeout,
        args.everything,
    )


def feedback(args: argparse.Namespace) -> int:
    from course_tools.grading.command import feedback_command

    status = feedback_command(args.assignment, args.output)
    if not args.release:
        return status
    from course_tools.exchange.command import release_feedback_command

    return release_feedback_command(args.assignment)


def release(args: argparse.Namespace) -> int:
    if args.roster:
        from course_tools.build import personal

        return personal.release_command(args.assignments, args.roster, args.output, args.grading)
    from course_tools.exchange.command import release_command

    if len(args.assignments) != 1:
        raise UsageError(
            "name the one assignment to put on the exchange, or give each student one of their own: --roster"
        )
    return release_command(args.assignments[0], args.force)


def collect(args: argparse.Namespace) -> int:
    from course_tools.exchange.command import collect_command

    return collect_command(args.assignment, args.before_due)


def export(args: argparse.Namespace) -> int:
    from course_tools.grading.command import export_command

    return export_command(args.assignment, args.output, args.moodle, args.grade_column, args.scale)


def items(args: argparse.Namespace) -> int:
    from course_tools.grading.command import items_command

    return items_command(args.assignment, args.output)


def desk(args: argparse.Namespace) -> int:
    from course_tools.desk.command import desk_command

    return desk_command(
        args.assignment, args.port, args.reader, args.blind, args.second, args.hide_names, args.requests, args.output
    )


def class_(args: argparse.Namespace) -> int:
    from course_tools.grading.command import class_command

    return class_command(args.assignment, args.output, args.hide_names)


def gpu_check(args: argparse.Namespace) -> int:
    from course_tools.gpu_check.command import gpu_check_command

    return gpu_check_command(args.minutes, args.output, args.rehearse, args.steps, args.again)


def similar(args: argparse.Namespace) -> int:
    from course_tools.similar.command import similar_command

    return similar_command(args.assignment, args.submissions, args.output)


def forget(args: argparse.Namespace) -> int:
    from course_tools.privacy.command import forget_command

    return forget_command(args.student, args.name, args.output, args.yes)


def site(args: argparse.Namespace) -> int:
    from course_tools.site.build import site_command

    return site_command()


def lti(args: argparse.Namespace) -> int:
    try:
        from course_tools.lti import command
    except ModuleNotFoundError as error:
        raise CourseError(f"{error.name} is not installed: `make setup` does it, or pip install -e '.[lti]'") from None
    if args.what == "serve":
        return command.serve_command(args.address, args.port, args.output)
    if args.what == "roster":
        return command.roster_command(args.output)
    if args.what == "links":
        return command.links_command(args.drop, args.output)
    return command.push_command(args.assignment, args.output)


def add_verbs(verbs: "Verbs") -> None:
    """Add them to the parser."""
    verb = verbs.add_parser("run", help="execute notebooks headless and hold their metrics against the recorded bands")
    verb.add_argument(
        "tasks", nargs="*", metavar="TASK", help="tasks, core or all, or paths of .ipynb files; default: core"
    )
    verb.add_argument("--profile", choices=PROFILES, default="quick")
    verb.add_argument(
        "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="set a notebook parameter"
    )
    verb.add_argument("-o", "--output", metavar="DIR", help="where results go; default: runs/<profile>")
    verb.add_argument("--cell-timeout", type=positive, metavar="SECONDS", help="the longest a cell may take")
    verb.add_argument(
        "--sweep",
        action="append",
        default=[],
        metavar="NAME=VALUE,VALUE",
        help="run once with each value; given twice, with each combination",
    )
    verb.add_argument(
        "--engine",
        default="local",
        metavar="local|dask[=ADDRESS]",
        help="local, the default, runs one notebook after another",
    )
    verb.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="workers of --engine dask here; default: one for each GPU, else for each core",
    )
    verb.set_defaults(call=run)

    verb = verbs.add_parser("build", help="generate the solution and student notebooks from solutions/*.py")
    verb.add_argument("tasks", nargs="*", metavar="TASK", help=GROUPS)
    verb.add_argument("--check", action="store_true", help="build into a temporary folder and fail on any difference")
    verb.add_argument("--exercise", metavar="ID", help="of the checks, compute only this one's: the quick inner loop")
    verb.set_defaults(call=build)

    verb = verbs.add_parser(
        "translate", help="notebooks and checks in other languages: extract texts, list what is out of date"
    )
    verb.add_argument(
        "what",
        choices=("extract", "status", "pseudo"),
        help="extract: write the texts into locale/LANGUAGE/TASK.po; status: what is untranslated or stale, exit code 3 if any; "
        "pseudo: a notebook with accents in build/pseudo, to see what is left out",
    )
    verb.add_argument(
        "domains", nargs="*", metavar="TASK", help="tasks, or checks: what all checks say; default: all there are"
    )
    verb.add_argument("--language", metavar="LANGUAGE", help="such as fr; default: every language there is")
    verb.set_defaults(call=translate)

    verb = verbs.add_parser("student-zip", help="pack what students get: notebooks, course_utils, data, a README")
    verb.add_argument("tasks", nargs="*", metavar="TASK", help=GROUPS)
    verb.add_argument("-o", "--output", metavar="FILE", help="default: build/learning-at-scale.zip")
    verb.set_defaults(call=student_zip)

    verb = verbs.add_parser("new-exercise", help="write the cells, probes and bank of a new exercise, to be filled in")
    verb.add_argument("task", metavar="TASK")
    verb.add_argument("id", metavar="ID", help="the name of the function that students will write")
    verb.add_argument("--after", metavar="ID", help="which exercise it follows; default: the last")
    verb.set_defaults(call=new_exercise)

    verb = verbs.add_parser("new-task", help="write a whole task that builds, runs and checks at once, as a pattern")
    verb.add_argument("name", metavar="NAME", help="of the task, as in `course run NAME`")
    verb.set_defaults(call=new_task)

    verb = verbs.add_parser("bands", help="run a task with several seeds and record the intervals its metrics fall in")
    verb.add_argument("task", metavar="TASK")
    verb.add_argument("--profile", choices=PROFILES, default="quick")
    verb.add_argument("--seeds", type=int, nargs="+", default=list(range(8)), metavar="N", help="default: 0 to 7")
    verb.set_defaults(call=bands)

    verb = verbs.add_parser(
        "check", help="test the checks: references, alternatives, stubs and misconceptions (the kill matrix)"
    )
    verb.add_argument("tasks", nargs="*", metavar="TASK", help=GROUPS)
    verb.add_argument("--exercise", metavar="ID", help="only this exercise, with every message shown")
    verb.add_argument("--page", action="store_true", help="write docs/kill_matrix.md")
    verb.add_argument(
        "--seeds", type=count, metavar="N", help="instead, hold the right answers against the inputs of N gradings"
    )
    verb.add_argument(
        "--variants",
        type=int,
        metavar="N",
        help="instead, judge every answer, and every neighbour's, in a class of N students whose numbers vary",
    )
    verb.set_defaults(call=check)

    verb = verbs.add_parser(
        "grade",
        help="grade submissions in a sandbox, and rebuild gradebook.db",
        epilog=LAYOUTS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("assignment", metavar="ASSIGNMENT")
    verb.add_argument("--submissions", metavar="DIR|ZIP", help="default: submitted/ of the course")
    verb.add_argument("--engine", default="local", metavar="local|dask[=ADDRESS]|slurm", help="default: local")
    verb.add_argument("--jobs", type=count, metavar="N", help="notebooks at a time; default: one for each CPU")
    verb.add_argument(
        "--output", metavar="DIR", help="where gradebook.db, autograded/ and grading/ go; default: the course"
    )
    verb.add_argument("--due", metavar="TIME", help="such as 2026-11-30T23:59; kept for the next runs")
    verb.add_argument("--late", metavar="POLICY", help='such as "10%%/day, grace 30 min"; kept for the next runs')
    verb.add_argument(
        "--worksheet", metavar="CSV", help="Moodle's grading worksheet, which knows when students submitted"
    )
    verb.add_argument(
        "--trust-submissions", action="store_true", help="grade even where this system offers no isolation at all"
    )
    verb.add_argument(
        "--ungradable-by-hand",
        action="store_true",
        help="let a test that cannot be put to another process (%%magic, eval, globals) wait for a person instead of refusing",
    )
    verb.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="what public and hidden checks draw their inputs from, as in an earlier record; default: drawn once from the course's secret",
    )
    verb.add_argument(
        "--cell-timeout",
        type=positive,
        metavar="SECONDS",
        help="the longest that a cell or a test may take; default: ExecutePreprocessor.timeout of the course, else 600 and 300",
    )
    verb.add_argument(
        "--notebook-timeout",
        type=positive,
        metavar="SECONDS",
        help="the longest that a whole notebook may take; default: 1800",
    )
    verb.add_argument(
        "--everything",
        action="store_true",
        help="run every cell; default: not the instructor's own cells that no point depends on, such as training and plots",
    )
    verb.set_defaults(call=grade)

    verb = verbs.add_parser(
        "release",
        help="put a task where students on the hub fetch it (nbgrader's exchange); or write each one with numbers of its own",
    )
    verb.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="one; with --roster tasks, core or all")
    verb.add_argument("--force", action="store_true", help="replace one that is there already")
    verb.add_argument(
        "--roster", metavar="CSV", help="whom to write one each: a CSV with a column `student`, or Moodle's worksheet"
    )
    verb.add_argument(
        "-o",
        "--output",
        default="build/release",
        metavar="DIR",
        help="with --roster: gets STUDENT/TASK.ipynb, for Moodle TASK.zip; default: build/release",
    )
    verb.add_argument("--grading", metavar="DIR", help="with --roster: the same as --output of `course grade`")
    verb.set_defaults(call=release)

    verb = verbs.add_parser("collect", help="take what students on the hub have handed in (nbgrader's exchange)")
    verb.add_argument("assignment", metavar="ASSIGNMENT")
    verb.add_argument(
        "--before-due", action="store_true", help="the last before the due date; the last of all only if there is none"
    )
    verb.set_defaults(call=collect)

    for name, call, text in (
        ("feedback", feedback, "write a page for each graded notebook, and the zip for Moodle"),
        ("items", items, "item analysis: difficulty, discrimination, how answers fail"),
        ("class", class_, "write one page of the class: points, time, known mistakes, exercises, what a regrade moved"),
        ("export", export, "write grades as CSV, and into Moodle's grading worksheet"),
    ):
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("assignment", metavar="ASSIGNMENT")
        verb.add_argument("--output", metavar="DIR", help="the same as for `course grade`")
        verb.set_defaults(call=call)
    verbs.choices["class"].add_argument(
        "--hide-names",
        action="store_true",
        help="pseudonyms, which the course's secret keeps the same, in another file",
    )
    verbs.choices["feedback"].add_argument(
        "--release", action="store_true", help="and give each to its student on the hub"
    )
    verb.add_argument("--moodle", metavar="WORKSHEET.csv", help="the worksheet to enter the grades into")
    verb.add_argument("--grade-column", default="", metavar="NAME", help="if it is neither English nor German")
    verb.add_argument("--scale", action="store_true", help="scale the points to the worksheet's maximum")

    verb = verbs.add_parser(
        "desk", help="read written answers in a browser: a question on a page, answers alike together, second readings"
    )
    verb.add_argument("assignment", metavar="ASSIGNMENT")
    verb.add_argument("--port", type=port, default=8890, metavar="N", help="of this machine alone; default: 8890")
    verb.add_argument("--reader", default="", metavar="NAME", help="who reads; default: the name of this account")
    verb.add_argument(
        "--blind", default="", metavar="NAME", help="a second reader, who sees neither names nor what the first gave"
    )
    verb.add_argument(
        "--second", type=float, default=0.2, metavar="SHARE", help="of the answers for --blind; default: 0.2"
    )
    verb.add_argument("--hide-names", action="store_true", help="show numbers in place of students")
    verb.add_argument("--requests", metavar="CSV", help="regrade requests to add: columns student, question, text")
    verb.add_argument("--output", metavar="DIR", help="the same as for `course grade`")
    verb.set_defaults(call=desk)

    verb = verbs.add_parser(
        "gpu-check", help="run what docs/gpu.md lists on this GPU, as much as fits, and write a table"
    )
    verb.add_argument(
        "--minutes", type=positive, default=25, metavar="N", help="how long the machine is ours; default: 25"
    )
    verb.add_argument(
        "--rehearse", action="store_true", help="the same with tiny sizes on the CPU: it measures nothing"
    )
    verb.add_argument("--steps", nargs="+", default=[], metavar="STEP", help="only these")
    verb.add_argument("--again", action="store_true", help="do not go on from an earlier run")
    verb.add_argument("-o", "--output", metavar="DIR", help="where results go; default: runs/gpu-check")
    verb.set_defaults(call=gpu_check)

    verb = verbs.add_parser("similar", help="list pairs of submissions that share more than independent answers do")
    verb.add_argument("assignment", metavar="ASSIGNMENT")
    verb.add_argument("--submissions", metavar="DIR|ZIP", help="default: submitted/ of the course")
    verb.add_argument("--output", metavar="DIR", help="the same as for `course grade`")
    verb.set_defaults(call=similar)

    verb = verbs.add_parser(
        "forget", help="remove a student from all that the course keeps, and search for what is left"
    )
    verb.add_argument("student", metavar="STUDENT", help="as the folder in submitted/, or Moodle's participant number")
    verb.add_argument("--name", action="append", default=[], metavar="NAME", help="search for this, too")
    verb.add_argument("--output", metavar="DIR", help="the same as for `course grade`")
    verb.add_argument("--yes", action="store_true", help="do it; otherwise only say what would be removed")
    verb.set_defaults(call=forget)

    verb = verbs.add_parser("lti", help="let a learning platform launch tasks, and send it the grades (docs/lti.md)")
    verb.set_defaults(call=lti)
    inner = verb.add_subparsers(dest="what", metavar="serve|roster|links|push", required=True)
    what = inner.add_parser("serve", help="serve login, launch, deep linking and our key set")
    what.add_argument("--address", default="127.0.0.1", metavar="IP", help="to listen on; default: 127.0.0.1")
    what.add_argument("--port", type=port_or_any, default=8765, metavar="N", help="default: 8765")
    what.add_argument("--output", metavar="DIR", help="the same as for `course grade`")
    what = inner.add_parser("roster", help="print who is in the class, as the platform says")
    what.add_argument("--output", metavar="DIR", help="the same as for `course grade`")
    what = inner.add_parser("links", help="print the links that were opened so far, each with where its grades go")
    what.add_argument(
        "--drop", metavar="LINK", help="forget one that the platform no longer has, and what waits for it"
    )
    what.add_argument("--output", metavar="DIR", help="the same as for `course grade`")
    what = inner.add_parser("push", help="send the platform what `course grade` decided; exit code 3: some of it waits")
    what.add_argument("assignment", metavar="ASSIGNMENT")
    what.add_argument("--output", metavar="DIR", help="the same as for `course grade`")

    verb = verbs.add_parser("site", help="build the course site in build/site, with the pictures of the last run")
    verb.set_defaults(call=site)
