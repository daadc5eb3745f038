"""What a browser brings from a platform: login, launch, and the choice of a task (deep linking). Checked by PyLTI1p3, and by us where it is lax.

PyLTI1p3 lets the same launch pass twice, takes one without `exp`, and allows no clock to be a second behind; here a nonce counts once, for
the browser it was given to, all times are demanded, and LEEWAY seconds forgiven.
"""

from collections.abc import Mapping
from threading import Lock
from typing import Any, ClassVar

import jwt
from cachetools import TTLCache
from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.exception import LtiException
from pylti1p3.launch_data_storage.base import LaunchDataStorage
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.oidc_login import OIDCLogin
from pylti1p3.session import SessionService

from course_tools.lti.platforms import Config
from course_tools.lti.services import line_item
from course_tools.lti.store import Link

CLAIM = "https://purl.imsglobal.org/spec/lti"
LEEWAY = 60  # seconds that two clocks may differ
LOGIN = 600  # seconds from login to launch


class Nonces(LaunchDataStorage[Any]):
    """Those of the last logins. Each counts once, for its browser: the library puts the browser's session before its name."""

    _known: ClassVar[TTLCache[str, bool]] = TTLCache(100_000, LOGIN)
    _lock: ClassVar[Lock] = Lock()

    def can_set_keys_expiration(self) -> bool:
        return False

    def set_value(self, key: str, value: Any, exp: int | None = None) -> None:
        with self._lock:
            self._known[self._prepare_key(key)] = True

    def check_value(self, key: str) -> bool:
        with self._lock:
            return self._known.pop(self._prepare_key(key), False)

    def get_value(self, key: str) -> Any:
        return None


class Login(OIDCLogin[Any, Any, Any, Any, Any]):
    """From a platform's login to where the browser has to go."""

    def get_redirect(self, url: str) -> Any:
        return url


class Launch(MessageLaunch[Any, Any, Any, Any]):
    """`validate()` raises exceptions of PyLTI1p3, and what strange JSON runs into."""

    def _get_request_param(self, key: str) -> str:
        return self._request.get_param(key)

    def validate_jwt_signature(self) -> "Launch":
        key, _ = self.get_public_key()
        assert self._registration is not None
        client, issuer = self._registration.get_client_id(), self._registration.get_issuer()
        demanded: Any = {"require": ["exp", "iat", "nonce", "sub"]}
        try:
            claims = jwt.decode(
                self._get_id_token(), key, ["RS256"], demanded, audience=client, issuer=issuer, leeway=LEEWAY
            )
        except jwt.InvalidTokenError as error:
            raise LtiException(f"The launch is not valid: {error}.") from error
        if claims.get("azp", client) != client:
            raise LtiException("The launch is meant for another client (azp).")
        return self

    def save_launch_data(self) -> "Launch":
        return self  # nothing is kept of it, and it does not count as seen before


def remembering(browser: Any) -> dict[str, Any]:
    """Where the library keeps what it has to know again. browser: a Request and a CookieService."""
    return {"session_service": SessionService(browser), "cookie_service": browser, "launch_data_storage": Nonces()}


def link_of(config: Config, found: Launch, tasks: Mapping[str, float]) -> Link:
    """Which task the launched link is for. Raises LtiException for a link that names none of `tasks`."""
    said: dict[str, Any] = dict(found.get_launch_data())
    task = (said.get(f"{CLAIM}/claim/custom") or {}).get("task", "")
    if task not in tasks:
        raise LtiException(f"This link is for no task of this course ({task or 'it names none'}): choose one anew.")
    grades = said.get(f"{CLAIM}-ags/claim/endpoint") or {}
    members = said.get(f"{CLAIM}-nrps/claim/namesroleservice") or {}
    names = {(one.issuer, one.client_id): one.name for one in config.platforms}
    return Link(
        names[found.get_iss(), found.get_client_id()],
        said[f"{CLAIM}/claim/deployment_id"],
        said[f"{CLAIM}/claim/resource_link"]["id"],
        task,
        grades.get("lineitem", ""),
        grades.get("lineitems", ""),
        members.get("context_memberships_url", ""),
        " ".join(grades.get("scope", [])),
    )


def choices(config: Config, found: Launch, points: Mapping[str, float]) -> tuple[str, dict[str, str]]:
    """Of a deep linking request: where the choice is to be posted, and the signed message for each task. points: task -> all its points.

    Raises LtiException unless a teacher asks.
    """
    if not (found.check_teacher_access() or found.check_staff_access() or found.check_designer_access()):
        raise LtiException("Only teachers choose tasks.")
    answer, messages = found.get_deep_link(), {}
    for task, worth in points.items():
        resource = DeepLinkResource().set_title(task).set_url(f"{config.url}/lti/launch")
        resource.set_custom_params({"task": task}).set_lineitem(line_item(task, worth))
        messages[task] = answer.get_response_jwt([resource])
    settings: dict[str, Any] = found.get_launch_data()[f"{CLAIM}-dl/claim/deep_linking_settings"]  # type: ignore
    return settings["deep_link_return_url"], messages
