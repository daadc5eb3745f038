"""What was said to and by platforms, one line of JSON each, with secrets and persons cut out.

Only names that are listed here are written down, so a platform's own fields cannot carry anything into the log.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jwt
import requests

LOG = logging.getLogger("course.lti")
LOG.setLevel(logging.INFO)
LOG.addHandler(logging.lastResort or logging.NullHandler())  # warnings: whoever waits at the terminal learns why
CUT = "(cut)"
NAMES = """
iss aud azp exp iat alg kid typ kty use version message_type deployment_id lti_deployment_id target_link_uri redirect_uri client_id
roles status task url type title label tag resourceId resourceLinkId scoreMaximum scoreGiven resultScore resultMaximum activityProgress
gradingProgress timestamp comment lineitem lineitems scope context_memberships_url service_versions deep_link_return_url accept_types
grant_type client_assertion_type response_type response_mode prompt token_type expires_in error error_description detail
"""
KEPT = frozenset(NAMES.split())
TOKENS = frozenset({"id_token", "client_assertion", "JWT"})  # what these claim is shown, their signature is not


def cut(value: Any, name: str = "") -> Any:
    """`value` of the field `name` as it may be written down. A claim is known by the last part of its address."""
    match value:
        case Mapping():
            return {str(key): cut(inner, str(key).rpartition("/")[2]) for key, inner in value.items()}
        case list():
            return [cut(inner, name) for inner in value]
        case str() if name in TOKENS:
            return _claims(value)
    return value if name in KEPT else CUT


def _claims(token: str) -> Any:
    try:
        said = jwt.decode_complete(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return CUT
    return {"header": cut(said["header"]), "claims": cut(said["payload"]), "signature": CUT}


def note(who: str, method: str, url: str, status: int, sent: Mapping[str, Any], got: Any = None) -> None:
    """One exchange. sent, got: parameters or decoded JSON."""
    place, _, query = url.partition("?")
    said = {"sent": cut(dict(parse_qsl(query)) | dict(sent)), "got": cut(got or {})}
    LOG.info({"who": who, "method": method, "url": place, "status": status} | said)


def note_response(response: requests.Response, *args: Any, **kwargs: Any) -> None:
    """The same for what we asked a platform: a hook of `requests`."""
    asked = response.request
    body = asked.body.decode() if isinstance(asked.body, bytes) else str(asked.body or "")
    sent = _json(body) or dict(parse_qsl(body))
    note("tool to platform", asked.method or "", asked.url or "", response.status_code, sent, _json(response.text))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {}


class Lines(logging.Formatter):
    """One object of JSON a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({"at": self.formatTime(record), "said": record.msg})


@contextmanager
def kept(path: Path) -> Iterator[None]:
    """Keep the last megabytes of it in `path`."""
    handler = RotatingFileHandler(path, maxBytes=2**20, backupCount=2, encoding="utf-8")
    handler.setFormatter(Lines())
    LOG.addHandler(handler)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        handler.close()
