"""What `course doctor` says about isolation on this machine."""

import platform
from collections.abc import Iterator

from course_tools.grading.isolation.tiers import DOES_NOT_STOP
from course_tools.grading.jail.sandbox import available
from course_utils.doctor import Finding


def isolation() -> Iterator[Finding]:
    """In what `course grade` locks up untrusted notebooks here, found by trying, and what that does not stop."""
    if platform.system() != "Linux":
        yield Finding("isolation", f"none known on {platform.system()}: grade untrusted notebooks on Linux")
        return
    tiers = available()
    best = tiers[0].name if tiers else "none"
    yield Finding("isolation", f"{tiers[0] if tiers else 'none: `course grade` refuses without --trust-submissions'}")
    yield Finding("isolation", f"it does not stop: {DOES_NOT_STOP[best]}")
    if best == "namespaces" and not tiers[0].bubblewrap:
        yield Finding("isolation", "bubblewrap absent: with it, a second wall hides the files (apt install bubblewrap)")
