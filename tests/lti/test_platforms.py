"""lti.toml: what is wrong in it is named; the key is made once, for its owner."""

import pytest

from course_tools.grading.model.records import Student
from course_tools.grading.results.scores import Total
from course_tools.lti.conversation import CUT, cut
from course_tools.lti.platforms import load
from course_tools.lti.push import score, users
from course_tools.lti.serve import cookie
from course_utils.errors import CourseError, UsageError

GOOD = """\
url = "https://tool.example"
target = "https://hub.example/hub/user-redirect/lab/tree/notebooks/{task}/{task}.ipynb"

[[platform]]
name = "moodle"
issuer = "https://lms.example"
client_id = "abc"
deployments = ["1"]
login_url = "https://lms.example/mod/lti/auth.php"
token_url = "https://lms.example/mod/lti/token.php"
keys_url = "https://lms.example/mod/lti/certs.php"
"""
WRONG = {
    "no TOML": ("[[", "is no TOML"),
    "no platform": (GOOD[: GOOD.index("[[")], r"each \[\[platform\]\] needs a name of its own"),
    "two of a name": (GOOD + GOOD[GOOD.index("[[") :], "a name of its own"),
    "lacks": (GOOD.replace('client_id = "abc"\n', ""), "platform 1 lacks 'client_id'"),
    "unknown": (GOOD + 'colour = "red"\n', "platform 1 has an unknown 'colour'"),
    "type": (GOOD.replace('["1"]', '"1"'), "deployments = '1' should be a list"),
    "number": (GOOD.replace('"abc"', "5"), "client_id = 5 should be text"),
    "http": (
        GOOD.replace("https://lms.example/mod/lti/token", "http://lms.example/token"),
        "token_url = .* must begin with https",
    ),
    "target": (GOOD.replace("{task}/{task}", "{user}"), r"may hold \{task\}"),
    "top": ("port = 1\n" + GOOD, "the top has an unknown 'port'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(tmp_path, name):
    text, why = WRONG[name]
    (tmp_path / "lti.toml").write_text(text)
    with pytest.raises(UsageError, match=why):
        load(tmp_path, tmp_path / "key.pem")


def test_no_file_at_all(tmp_path):
    with pytest.raises(UsageError, match=r"lti\.toml is missing: docs/lti\.md"):
        load(tmp_path, tmp_path / "key.pem")


def test_one_key_made_once_for_its_owner(tmp_path):
    (tmp_path / "lti.toml").write_text(GOOD)
    first, again = (load(tmp_path, tmp_path / "key.pem").registered.get_jwks() for _ in range(2))
    assert first == again and len(first["keys"]) == 1 and first["keys"][0]["kid"] and "d" not in first["keys"][0]
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    (tmp_path / "key.pem").write_text("nonsense")
    with pytest.raises(CourseError, match="is no private key: delete it"):
        load(tmp_path, tmp_path / "key.pem").registered  # noqa: B018


def test_a_platform_that_was_taken_out(tmp_path):
    (tmp_path / "lti.toml").write_text(GOOD)
    with pytest.raises(UsageError, match="no longer names the platform 'canvas'"):
        load(tmp_path, tmp_path / "key.pem").registration("canvas")


def test_cookies_reach_a_page_inside_a_platforms():
    assert cookie("lti-a", "b", 600, secure=True).endswith("Max-Age=600; HttpOnly; Secure; SameSite=None; Partitioned")
    assert cookie("lti-a", "b", 0, secure=False) == "lti-a=b; Path=/lti; HttpOnly"


def test_a_name_that_two_share_is_nobodys():
    members = [
        {"user_id": "1", "name": "Ann"},
        {"user_id": "2", "name": "Ben"},
        {"user_id": "3", "name": "Ann"},
        {"user_id": "4"},
    ]
    assert users("name", members) == {"Ben": "2"}


def test_points_below_zero_are_none_and_lateness_is_said():
    said = score(Total(Student("ann"), -1.0, 12.0, 3.5, "", False))
    assert '"scoreGiven": 0.0' in said and "3.5 points were taken off for lateness" in said


def test_what_a_platform_adds_is_not_written_down():
    said = {
        "ext": {"user_username": "ann"},
        "https://x/claim/lis": {"person_sourcedid": "4711"},
        "roles": ["#Learner"],
        "JWT": "a.b",
    }
    assert cut(said) == {
        "ext": {"user_username": CUT},
        "https://x/claim/lis": {"person_sourcedid": CUT},
        "roles": ["#Learner"],
        "JWT": CUT,
    }
