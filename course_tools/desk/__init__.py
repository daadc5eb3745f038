"""`course desk`: all answers to one written question on one page, grouped by likeness, graded by keyboard into nbgrader's gradebook."""
