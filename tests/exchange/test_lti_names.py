"""Whom the hub takes somebody for whom a learning platform sends, without a hub."""

import importlib
import sys

import pytest
from traitlets.config import Config

from tests.exchange.world import DEPLOY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="JupyterHub is not for Windows")

LIS = "https://purl.imsglobal.org/spec/lti/claim/lis"
ROLES = "https://purl.imsglobal.org/spec/lti/claim/roles"
SAID = {"sub": "4711", "email": "Ann@example.org", "name": "Ann", "picture": ["x"], LIS: {"person_sourcedid": "s-1"}}


@pytest.fixture
def lti(monkeypatch):
    monkeypatch.syspath_prepend(str(DEPLOY))
    return importlib.import_module("lti_login")


@pytest.mark.parametrize(
    ("field", "name"),
    [("user_id", "4711"), ("email", "Ann@example.org"), ("lis_person_sourcedid", "s-1")],
)
def test_a_student_is_called_as_in_the_roster(lti, field, name):
    login = lti.LTILogin(config=Config(LTILogin={"student": field}))
    assert login.normalize_username(login.get_username(SAID | {ROLES: []})) == name


@pytest.mark.parametrize("said", [None, "", "..", "a/b", "/root", "-x", "a b", "a\n", "a" * 33, "instructor", ["ann"]])
def test_what_is_no_name_is_refused(lti, said):
    login = lti.LTILogin()
    with pytest.raises(lti.LoginError, match="cannot be the name"):
        login.get_username({"sub": said, ROLES: []})


def test_no_other_field_takes_the_place_of_one_that_is_missing(lti):
    login = lti.LTILogin(config=Config(LTILogin={"student": "email"}))
    with pytest.raises(lti.LoginError, match="says None for email"):
        login.get_username({"sub": "bob@example.org", ROLES: []})


def test_only_who_teaches_the_course_is_the_instructor(lti):
    login = lti.LTILogin()
    assert login.get_username(SAID | {ROLES: [lti.TEACHER]}) == "instructor"
    elsewhere = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"
    assert login.get_username(SAID | {ROLES: [elsewhere]}) == "4711"


def test_an_account_of_the_machine_is_no_student_s(lti):
    login = lti.LocalLTILogin()
    with pytest.raises(lti.LoginError, match="root is an account of this machine"):
        login.get_username({"sub": "root", ROLES: []})


PLATFORM = """
[[platform]]
name = "moodle"
issuer = "https://lms.example"
client_id = "abc"
deployments = ["1"]
courses = ["42"]
login_url = "https://lms.example/auth"
keys_url = "https://lms.example/certs"
"""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "needs one section"),
        (PLATFORM * 2, "needs one section"),
        (PLATFORM.replace("issuer", "iss"), "'issuer'"),
        (PLATFORM + 'student = "name"', "choose another field"),
    ],
    ids=["empty", "two", "lacks", "names"],
)
def test_what_is_wrong_in_the_file_ends_the_hub_in_one_line(lti, tmp_path, text, why):
    (tmp_path / "lti.toml").write_text(text)
    with pytest.raises(SystemExit, match=why):
        lti.use(Config(), tmp_path / "lti.toml", "instructor", "students")
