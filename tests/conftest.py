"""Imported before any test: course_utils before torch, as everywhere."""

import course_utils  # noqa: F401
