"""Who may launch us: what `lti.toml` says, and our key pair, made on first use for its owner's eyes only."""

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from jwcrypto.jwk import JWK
from pydantic import BaseModel, Field, ValidationError
from pylti1p3.registration import Registration
from pylti1p3.tool_config import ToolConfDict

from course_tools.grading.results.seed import secret
from course_utils.errors import CourseError, UsageError

FILE = "lti.toml"
ADDRESS = r"^(https://[^/]+|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)(/|$)"
TARGET = r"^([^{}]|\{task\})*$"
WRONG = {  # pydantic's kind of error, or the pattern -> what a person reads
    "missing": "{where} lacks {name!r}",
    "extra_forbidden": "{where} has an unknown {name!r}",
    "string_type": "{where}: {name} = {input!r} should be text",
    "list_type": "{where}: {name} = {input!r} should be a list",
    ADDRESS: "{where}: {name} = {input!r} must begin with https:// (http:// on this machine)",
    TARGET: "{where}: {name} = {input!r} may hold {{task}} and no other braces",
}
Address = Annotated[str, Field(pattern=ADDRESS)]


class Platform(BaseModel, extra="forbid"):
    """One registration of ours. student: the field of its roster that holds what the course calls a student; "name": the full name."""

    name: str
    issuer: str
    client_id: str
    deployments: list[str] = Field(serialization_alias="deployment_ids")
    login_url: Address = Field(serialization_alias="auth_login_url")
    token_url: Address = Field(serialization_alias="auth_token_url")
    keys_url: Address = Field(serialization_alias="key_set_url")
    audience: str = Field("", serialization_alias="auth_audience")
    student: str = "user_id"


class Config(BaseModel, extra="forbid"):
    """url: where browsers reach us; target: where a launch lands, with {task}; key: the file of our private key."""

    url: Address
    target: str = Field(pattern=TARGET)
    platforms: list[Platform] = Field([], alias="platform")
    key: Path

    def platform(self, name: str) -> Platform:
        """Raises UsageError for one that was taken out of the file."""
        found = {one.name: one for one in self.platforms}.get(name)
        if not found:
            raise UsageError(f"{FILE} no longer names the platform {name!r}, which links or grades are kept for")
        return found

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
        for one in self.platforms:
            known.setdefault(one.issuer, []).append(one.model_dump(by_alias=True))
        found = ToolConfDict(known)
        for one in self.platforms:
            found.set_private_key(one.issuer, key.export_to_pem(True, None).decode(), one.client_id)
            found.set_public_key(one.issuer, key.export_to_pem().decode(), one.client_id)
        return found

    def registration(self, name: str) -> Registration:
        one = self.platform(name)
        return self.registered.find_registration_by_params(one.issuer, one.client_id)


def load(root: Path, key: Path) -> Config:
    """Read `lti.toml` of the course in `root`. Raises UsageError that names what is wrong in it."""
    path = root / FILE
    try:
        config = Config.model_validate(tomllib.loads(path.read_text(encoding="utf-8")) | {"key": key})
    except FileNotFoundError:
        raise UsageError(f"{path} is missing: docs/lti.md says what it holds") from None
    except ValidationError as error:
        raise UsageError(f"{FILE}: {_wrong(**error.errors()[0])}") from None
    except ValueError as error:
        raise UsageError(f"{path} is no TOML: {error}") from None
    names = {one.name for one in config.platforms}
    if not names or len(names) < len(config.platforms):
        raise UsageError(f"{FILE}: each [[platform]] needs a name of its own, and one must be there")
    return config


def _wrong(type: str, loc: tuple[int | str, ...], input: object, msg: str, ctx: Any = None, **more: Any) -> str:
    """What a person reads of pydantic's error. loc: such as ("platform", 0, "client_id")."""
    where, name = (f"platform {int(loc[1]) + 1}", loc[2]) if len(loc) > 2 else ("the top", loc[0])
    text = WRONG.get((ctx or {}).get("pattern", type), f"{{where}}: {{name}}: {msg}")
    return text.format(where=where, name=name, input=input)
