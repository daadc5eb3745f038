"""What we ask a platform for: who is in the class, and to take a grade. Patient with one that is busy, see RETRIES."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import requests
from pylti1p3.assignments_grades import AssignmentsGradesService
from pylti1p3.exception import LtiServiceException
from pylti1p3.grade import Grade
from pylti1p3.lineitem import LineItem
from pylti1p3.names_roles import NamesRolesProvisioningService
from pylti1p3.registration import Registration
from pylti1p3.service_connector import ServiceConnector
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from course_tools.lti.conversation import LOG, note_response
from course_tools.lti.store import Entry, Link

BUSY = (429, 500, 502, 503, 504)
SECONDS = 30  # to wait for one answer


class Patient(Retry):
    """As often and as late as the platform asks by Retry-After, up to a minute, else with back-off; whoever looks on is told."""

    def increment(self, *args: Any, **kwargs: Any) -> Any:
        response, error = kwargs.get("response"), kwargs.get("error")
        LOG.warning(f"status {response.status}: trying again" if response else f"{type(error).__name__}: trying again")
        return super().increment(*args, **kwargs)


RETRIES = Patient(
    5, backoff_factor=1, status_forcelist=BUSY, allowed_methods=None, raise_on_status=False, retry_after_max=60
)


class Refused(Exception):
    """The platform does not take this grade."""


class Away(Exception):
    """It takes nothing at present: whatever is still to be sent waits."""


def session(retries: Retry) -> requests.Session:
    """What is asked with it is written down."""
    found = requests.Session()
    found.request = partial(found.request, timeout=SECONDS)  # type: ignore[method-assign]
    for scheme in ("https://", "http://"):
        found.mount(scheme, HTTPAdapter(max_retries=retries))
    found.hooks["response"].append(note_response)
    return found


class Services(ServiceConnector):
    """Those of a link, with the tokens that its platform gave us. Methods raise Refused, or Away, and then that again without asking."""

    def __init__(self, registration: Registration, link: Link) -> None:
        super().__init__(registration, session(RETRIES))
        self._tokens: dict[str, tuple[str, float]] = {}
        self._away: Away | None = None
        grades: Any = {"scope": link.scopes.split(), "lineitem": link.lineitem, "lineitems": link.lineitems}
        self._link, self._grades = link, AssignmentsGradesService(self, grades)

    def _get_cached_access_token(self, scope_key: str) -> str | None:
        token, until = self._tokens.get(scope_key, ("", 0.0))
        return token if time.monotonic() < until else None

    def _cache_access_token(self, scope_key: str, access_token: str, expires_in: float) -> None:
        self._tokens[scope_key] = access_token, time.monotonic() + expires_in - SECONDS

    def make_service_request(self, *args: Any, **kwargs: Any) -> Any:
        if self._away:
            raise self._away
        try:
            return super().make_service_request(*args, **kwargs)
        except requests.RequestException as error:
            self._away = Away(f"the platform does not answer ({type(error).__name__})")
        except LtiServiceException as error:
            answer = error.response
            said = f"{answer.status_code} {' '.join(answer.text.split())[:200]}"
            if answer.url == self._registration.get_auth_token_url():
                self._away = Away(f"the platform does not know our key or client ({said})")
            elif answer.status_code in (*BUSY, 401, 403):
                self._away = Away(f"the platform answers {said}")
            else:
                raise Refused(f"the platform answers {said}") from None
        raise self._away

    def members(self) -> list[Mapping[str, Any]]:
        """Who is in the course of the link."""
        return NamesRolesProvisioningService(self, {"context_memberships_url": self._link.members}).get_members()  # type: ignore

    def column(self, points: float) -> str:
        """The address of the line item of the link, made on the platform if it has none, "" if we may not."""
        if self._link.lineitem or not self._grades.can_create_lineitem():
            return self._link.lineitem
        wanted = line_item(self._link.task, points).set_resource_link_id(self._link.resource)
        return self._grades.find_or_create_lineitem(wanted, "resource_link_id").get_id() or ""

    def send(self, entry: Entry) -> None:
        """Returns when the platform has the grade. One that it refuses is offered once more a millisecond later: it may have this very one
        from a run that was killed before it could write so down, and a platform takes no time twice; a later grade it keeps.
        """
        if not self._grades.can_put_grade():
            raise Refused("the platform lets us send no grades to this link")
        column, at = LineItem({"id": entry.lineitem}), datetime.fromisoformat(entry.timestamp)
        grade = Grade().set_user_id(entry.user).set_extra_claims(json.loads(entry.score))
        try:
            self._grades.put_grade(grade.set_timestamp(stamp(at)), column)
        except Refused:
            self._grades.put_grade(grade.set_timestamp(stamp(at + timedelta(milliseconds=1))), column)


def line_item(task: str, points: float) -> LineItem:
    """A column for the grades of a task."""
    return LineItem().set_label(task).set_score_maximum(points).set_resource_id(task)


def stamp(at: datetime) -> str:
    """Times of one length, so that the outbox can compare them."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
