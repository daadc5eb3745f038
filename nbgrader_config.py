"""nbgrader's view of this course. Start nbgrader and JupyterLab in this folder."""

from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ComputeChecksums,
    IncludeHeaderFooter,
    LockCells,
    SaveCells,
)

from course_tools.build.release import ClearAnswers, OpenParameters

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "learning-at-scale"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
# nbgrader's own, and what a check at home leaves beside a notebook (course_utils/standing.py)
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", ".*.progress.json"]

c.ClearSolutions.code_stub = {"python": "raise NotImplementedError  # your code here"}
c.ClearSolutions.text_stub = "*Your answer here.*"
c.GenerateAssignment.preprocessors = [
    IncludeHeaderFooter,
    LockCells,
    ClearAnswers,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    OpenParameters,
    CheckCellMetadata,
]

# A grading run uses the smoke profile (see course_utils/session.py): seconds a cell, minutes at the very most.
c.Execute.timeout = 600
c.ExecutePreprocessor.timeout = 600

# The formgrader shows what students wrote, and a script on its pages could do whatever the instructor can.
c.HTMLExporter.filters = {"markdown2html": "course_tools.grading.results.untrusted.markdown"}
