"""What nbgrader's exchange put beside a submission: when it came, and the secret that names its feedback.

nbgrader's own steps pass both on from folder to folder, and so do ours: what was graded last is what feedback belongs to, even if the
student has handed in again since.
"""

from collections.abc import Iterable, Mapping

from course_tools.grading.model.courses import Course

TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"
RECEIPTS = (TIMESTAMP, SECRET)
MAX_RECEIPT = 1000  # bytes


def keep(course: Course, receipts: Mapping[str, Mapping[str, bytes]]) -> None:
    """Into autograded/: student -> name -> content."""
    for student, files in receipts.items():
        for name, content in files.items():
            path = course.executed(student, name).with_name(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def pass_on(course: Course, students: Iterable[str]) -> None:
    """From autograded/ into feedback/, where there are any."""
    for student in students:
        for name in RECEIPTS:
            path = course.executed(student, name).with_name(name)
            if path.is_file():
                course.feedback(student, name).with_name(name).write_bytes(path.read_bytes())
