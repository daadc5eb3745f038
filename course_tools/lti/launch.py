"""What a browser brings from a platform: login, launch, and the choice of a task (deep linking). Checked by PyLTI1p3, and by us where it is lax.

PyLTI1p3 lets the same launch pass twice, takes one without `exp`, and allows no clock to be a second behind; here a nonce counts once, for
the browser it was given to, all times are demanded, and LEEWAY seconds forgiven.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from pylti1p3.cookie import CookieService
from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.exception import LtiException
from pylti1p3.launch_data_storage.base import LaunchDataStorage
from pylti1p3.lineitem import LineItem
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.oidc_login import OIDCLogin
from pylti1p3.request import Request
from pylti1p3.session import SessionService

from course_tools.lti.platforms import Config
from course_tools.lti.services import Patient, session
from course_tools.lti.store import Link, Store

CLAIM = "https://purl.imsglobal.org/spec/lti"
LEEWAY = 60  # seconds that two clocks may differ
LOGIN = 600  # seconds from login to launch


@dataclass
class Browser(Request, CookieService):
    """One request: its parameters and cookies. new: the cookies to be set, name -> (value, seconds, 0 for as long as the browser is open)."""

    params: Mapping[str, str]
    cookies: Mapping[str, str]
    secure: bool
    new: dict[str, tuple[str, int]] = field(default_factory=dict)

    def is_secure(self) -> bool:
        return self.secure

    def get_param(self, key: str) -> str:
        return self.params.get(key, "")

    def get_cookie(self, name: str) -> str | None:
        return self.cookies.get(f"lti-{name}")

    def set_cookie(self, name: str, value: str | int, exp: int | None = None) -> None:
        self.new[f"lti-{name}"] = (str(value), exp or 0)


class Once(LaunchDataStorage[Any]):
    """Where nonces are until they are used; the library puts the browser's session before their names."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def can_set_keys_expiration(self) -> bool:
        return True

    def set_value(self, key: str, value: Any, exp: int | None = None) -> None:
        self._store.remember(self._prepare_key(key), LOGIN)

    def check_value(self, key: str) -> bool:
        return self._store.take(self._prepare_key(key))

    def get_value(self, key: str) -> Any:
        return None


class Nonces(SessionService):
    """Of a launch nothing is kept, and none counts as seen before."""

    def save_launch_data(self, key: str, jwt_body: Any) -> None:
        pass

    def set_state_valid(self, state: str, id_token_hash: str) -> None:
        pass


class Login(OIDCLogin[Any, Any, Any, Any, Any]):
    def get_redirect(self, url: str) -> Any:
        return url


class Launch(MessageLaunch[Any, Any, Any, Any]):
    def _get_request_param(self, key: str) -> str:
        return self._request.get_param(key)

    def validate_jwt_signature(self) -> "Launch":
        key, _ = self.get_public_key()
        assert self._registration is not None
        client = self._registration.get_client_id()
        try:
            claims = jwt.decode(
                self._get_id_token(),
                key,
                algorithms=["RS256"],
                audience=client,
                issuer=self._registration.get_issuer(),
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "nonce", "sub"]},
            )
        except jwt.InvalidTokenError as error:
            raise LtiException(f"The launch is not valid: {error}.") from error
        if claims.get("azp", client) != client:
            raise LtiException("The launch is meant for another client (azp).")
        return self


def login(config: Config, store: Store, browser: Browser) -> str:
    """Where to send a browser that a platform sent to log in. Raises exceptions of PyLTI1p3."""
    found = Login(
        browser,
        config.registered,
        session_service=Nonces(browser),
        cookie_service=browser,
        launch_data_storage=Once(store),
    )
    return str(found.get_redirect_object(f"{config.url}/lti/launch"))


def launch(config: Config, store: Store, browser: Browser) -> Launch:
    """The launch, validated. Raises exceptions of PyLTI1p3, and what strange JSON runs into."""
    found = Launch(
        browser,
        config.registered,
        session_service=Nonces(browser),
        cookie_service=browser,
        launch_data_storage=Once(store),
        requests_session=session(Patient(1)),
    )
    found.validate()
    return found


def link_of(config: Config, found: Launch, tasks: list[str]) -> Link:
    """Which task the launched link is for. Raises LtiException for a link that names none of `tasks`."""
    said: dict[str, Any] = dict(found.get_launch_data())
    task = (said.get(f"{CLAIM}/claim/custom") or {}).get("task", "")
    if task not in tasks:
        raise LtiException(f"This link is for no task of this course ({task or 'it names none'}): choose one anew.")
    grades = said.get(f"{CLAIM}-ags/claim/endpoint") or {}
    members = said.get(f"{CLAIM}-nrps/claim/namesroleservice") or {}
    name = next(
        one.name
        for one in config.platforms.values()
        if (one.issuer, one.client_id) == (found.get_iss(), found.get_client_id())
    )
    return Link(
        name,
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
    answer = found.get_deep_link()
    messages = {}
    for task, worth in points.items():
        column = LineItem().set_label(task).set_score_maximum(worth).set_resource_id(task)
        resource = DeepLinkResource().set_title(task).set_url(f"{config.url}/lti/launch").set_lineitem(column)
        messages[task] = answer.get_response_jwt([resource.set_custom_params({"task": task})])
    settings: dict[str, Any] = found.get_launch_data()[f"{CLAIM}-dl/claim/deep_linking_settings"]  # type: ignore
    return settings["deep_link_return_url"], messages
