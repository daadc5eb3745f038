"""The folders of nbgrader's exchange on a hub whose students are users of the machine: one box for each student, made by root.

EXCHANGE/COURSE/            root         0755
    outbound/               instructor   0755   what is released: everybody reads
    inbound/STUDENT/        STUDENT      2750   the student hands in, the instructor reads, nobody else enters
    feedback/STUDENT/       instructor   2750   the instructor writes, the student reads, nobody else enters

All that lies above a box is root's, so neither side can put something else in its place: whose box it is says who handed in. A private
group stands for each person, as `useradd` makes it. Root works through descriptors and follows no link.
"""

import grp
import os
import pwd
from pathlib import Path


class NotPrivate(Exception):
    """A user who shares a group that has to be theirs alone. JupyterHub shows `jupyterhub_message` to whoever waits for a server."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.jupyterhub_message = text


def open_course(exchange: Path, course: str, instructor: str) -> None:
    """Make the folders of a course, or mend their owners and modes."""
    person = _person(instructor)
    exchange.mkdir(parents=True, exist_ok=True)
    place = exchange / course
    for folder, owner, group, mode in (
        (exchange, 0, 0, 0o755),
        (place, 0, 0, 0o755),
        (place / "outbound", person.pw_uid, person.pw_gid, 0o755),
        (place / "inbound", 0, person.pw_gid, 0o751),
        (place / "feedback", 0, 0, 0o711),
    ):
        _folder(folder, owner, group, mode)


def open_box(exchange: Path, course: str, instructor: str, student: str) -> None:
    """Make the two boxes of a student, or mend them, and close the student's home to other people.

    Raises NotPrivate where a group could let somebody else in.
    """
    teacher, person = _person(instructor), _person(student)
    place = exchange / course
    _folder(place / "inbound" / student, person.pw_uid, teacher.pw_gid, 0o2750)
    _folder(place / "feedback" / student, teacher.pw_uid, person.pw_gid, 0o2750)
    home = _opened(Path(person.pw_dir))
    try:
        os.fchmod(home, os.fstat(home).st_mode & 0o750)
    finally:
        os.close(home)


def _person(name: str) -> pwd.struct_passwd:
    person = pwd.getpwnam(name)
    group = grp.getgrgid(person.pw_gid)
    if group.gr_name != name or set(group.gr_mem) - {name}:
        raise NotPrivate(
            f"the primary group of {name} is {group.gr_name}, which others may be in: it has to be {name}'s own"
        )
    return person


def _folder(path: Path, owner: int, group: int, mode: int) -> None:
    path.mkdir(exist_ok=True)
    folder = _opened(path)
    try:
        os.fchown(folder, owner, group)
        os.fchmod(folder, mode)
    finally:
        os.close(folder)


def _opened(path: Path) -> int:
    """A descriptor of the folder itself, never of what a link in its place points to."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
