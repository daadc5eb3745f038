"""Who may launch us: what `lti.toml` says, and our key pair, made on first use for its owner's eyes only."""

import tomllib
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from jwcrypto.jwk import JWK
from pylti1p3.registration import Registration
from pylti1p3.tool_config import ToolConfDict

from course_tools.grading.results.seed import secret
from course_utils.errors import CourseError, UsageError

FILE = "lti.toml"
LOCAL = ("localhost", "127.0.0.1", "::1")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Platform:
    """One registration of ours. student: the field of its roster that holds what the course calls a student; "name": the full name."""

    name: str
    issuer: str
    client_id: str
    deployments: list[str]
    login_url: str
    token_url: str
    keys_url: str
    audience: str = ""
    student: str = "user_id"


@dataclass(frozen=True)
class Config:
    """url: where browsers reach us; target: where a launch lands, with {task}; key: the file of our private key."""

    url: str
    target: str
    platforms: dict[str, Platform]
    key: Path

    def platform(self, name: str) -> Platform:
        """Raises UsageError for one that was taken out of the file."""
        if name not in self.platforms:
            raise UsageError(f"{FILE} no longer names the platform {name!r}, which links or grades are kept for")
        return self.platforms[name]

    @cached_property
    def registered(self) -> ToolConfDict:
        """The same for the library, with our keys. Raises CourseError if the key file is damaged."""
        try:
            key = JWK.from_pem(secret(self.key, lambda: JWK.generate(kty="RSA", size=2048).export_to_pem(True, None)))
        except ValueError:
            raise CourseError(
                f"{self.key} is no private key: delete it, and platforms must fetch the new one"
            ) from None
        known: dict[str, Any] = {}
        for one in self.platforms.values():
            urls = {"auth_login_url": one.login_url, "auth_token_url": one.token_url, "key_set_url": one.keys_url}
            entry = {"client_id": one.client_id, "deployment_ids": one.deployments, "auth_audience": one.audience}
            known.setdefault(one.issuer, []).append(urls | entry)
        found = ToolConfDict(known)
        for one in self.platforms.values():
            found.set_private_key(one.issuer, key.export_to_pem(True, None).decode(), one.client_id)
            found.set_public_key(one.issuer, key.export_to_pem().decode(), one.client_id)
        return found

    def registration(self, name: str) -> Registration:
        one = self.platform(name)
        return self.registered.find_registration_by_params(one.issuer, one.client_id)


def load(root: Path, key: Path) -> Config:
    """Read `lti.toml` of the course in `root`. Raises UsageError that names what is wrong in it."""
    try:
        table = tomllib.loads((root / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{root / FILE} is missing: docs/lti.md says what it holds") from None
    except ValueError as error:
        raise UsageError(f"{root / FILE} is no TOML: {error}") from None
    platforms = [_made(Platform, one, f"platform {n}") for n, one in enumerate(table.pop("platform", []), 1)]
    by_name = {one.name: one for one in platforms}
    if not platforms or len(by_name) < len(platforms):
        raise UsageError(f"{FILE}: each [[platform]] needs a name of its own, and one must be there")
    config = _made(Config, table | {"platforms": by_name, "key": key}, "the top")
    try:
        config.target.format(task="task")
    except (LookupError, ValueError):
        raise UsageError(f"{FILE}: target = {config.target!r} may hold {{task}} and no other braces") from None
    return config


def _made(kind: type[Made], table: dict[str, Any], where: str) -> Made:
    """An instance from a table of the file, its keys, types and addresses checked."""
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(table.keys() - known.keys()):
        raise UsageError(f"{FILE}: {where} has an unknown {unknown[0]!r}")
    if missing := sorted({name for name, field in known.items() if field.default is MISSING} - table.keys()):
        raise UsageError(f"{FILE}: {where} lacks {missing[0]!r}")
    for name, value in table.items():
        if (known[name].type is str and not isinstance(value, str)) or (
            name == "deployments" and not isinstance(value, list)
        ):
            raise UsageError(
                f"{FILE}: {where}: {name} = {value!r} should be {'a list' if name == 'deployments' else 'text'}"
            )
        if name.endswith("url") and not _safe(str(value)):
            raise UsageError(f"{FILE}: {where}: {name} = {value!r} must begin with https:// (http:// on this machine)")
    return kind(**table)


def _safe(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL))
