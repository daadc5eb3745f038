"""Login on the hub by LTI 1.3, from Open edX's consumer: the person that was sent is logged in under the course's id; all else is refused."""

import grp
import os
import pwd
import subprocess

import jwt
import pytest
import requests

from course_tools.lti.launch import CLAIM
from tests.exchange.hub import Settings, hub
from tests.exchange.people import people
from tests.lti import openedx
from tests.lti.conftest import World
from tests.lti.test_launch import read

pytestmark = pytest.mark.slow(10)

GROUP = f"students-{os.getpid()}"
ROLES, TEACHER = f"{CLAIM}/claim/roles", "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
ANN, OTHER_ANN = f"ann-{os.getpid()}", f"Ann-{os.getpid()}"  # two people


@pytest.fixture(scope="module")
def entrance(tmp_path_factory):
    """The platform, the hub's address and the name of its instructor."""
    world = World(tmp_path_factory.mktemp("lti_login"))
    subprocess.run(["groupadd", GROUP], check=True)
    try:
        with people(["teach"]) as (base, names):
            folders = [base / name for name in ("course", "students", "exchange")]
            for folder in folders:
                folder.mkdir()
            settings = Settings("course", names["teach"], *folders, {GROUP})
            platform = (
                world.toml[world.toml.index("[[") :].replace("email", "user_id") + f"courses = [{openedx.COURSE!r}]\n"
            )
            with hub(base, settings, platform) as address:
                login, callback = (f"{address}/hub/lti13/oauth_{name}" for name in ("login", "callback"))
                registered = {"lti_1p3_oidc_url": login, "lti_1p3_launch_url": f"{address}/hub/home"}
                world.stand("set", registered=registered | {"lti_1p3_redirect_uris": [callback]})
                yield world, address, names["teach"]
    finally:
        world.platform.kill()
        world.platform.wait()
        for name in (ANN, OTHER_ANN):
            subprocess.run(["userdel", "--remove", name], capture_output=True)
        subprocess.run(["groupdel", GROUP], check=True)


def whoami(address: str, browser: requests.Session) -> str:
    """Whom the hub takes the browser for, "" for nobody."""
    answer = browser.get(f"{address}/hub/api/user", headers={"Referer": f"{address}/hub/home"}, timeout=30)
    return answer.json().get("name", "")


def test_a_student_lands_on_the_hub_under_the_course_s_id(entrance):
    world, address, _ = entrance
    for name in (ANN, OTHER_ANN):
        browser = requests.Session()
        target, fields = world.form(browser, user=name)
        landed = browser.post(target, fields, timeout=30)
        assert (landed.status_code, landed.url) == (200, f"{address}/hub/home")
        assert whoami(address, browser) == name
        person = pwd.getpwnam(name)
        assert grp.getgrgid(person.pw_gid).gr_name == name and name in grp.getgrnam(GROUP).gr_mem
    assert pwd.getpwnam(ANN).pw_uid != pwd.getpwnam(OTHER_ANN).pw_uid


def test_who_teaches_there_is_the_instructor(entrance):
    world, address, instructor = entrance
    browser = requests.Session()
    target, fields = world.form(browser, user="prof", role="instructor")
    assert browser.post(target, fields, timeout=30).ok and whoami(address, browser) == instructor


def test_who_comes_without_a_launch_is_told_where_the_way_in_is(entrance):
    _, address, _ = entrance
    answer = requests.get(f"{address}/hub/lti13/oauth_login", timeout=30)
    assert answer.status_code == 403 and "open the link to this hub there" in answer.text


@pytest.mark.parametrize("name", ["../eve", "root", "-eve", "e" * 33, "eve\n", "teach"])
def test_a_name_that_is_more_than_a_name(entrance, name):
    world, address, instructor = entrance
    browser = requests.Session()
    target, fields = world.form(browser, user=instructor if name == "teach" else name)
    before = len(pwd.getpwall())
    answer = browser.post(target, fields, timeout=30)
    assert answer.status_code == 400 and ("cannot be the name" in answer.text or "not in its group" in answer.text)
    assert whoami(address, browser) == "" and len(pwd.getpwall()) == before


WRONG = {
    "audience": (401, {"aud": "another-client"}),
    "issuer": (400, {"iss": "https://evil.example"}),
    "expired": (400, {"exp": 0}),
    "nonce of another": (400, {"nonce": "0" * 64}),
    "deployment": (400, {f"{CLAIM}/claim/deployment_id": "2"}),
    "another course": (400, {f"{CLAIM}/claim/context": {"id": "another"}, ROLES: [TEACHER]}),
    "no course": (400, {f"{CLAIM}/claim/context": None}),
    "unsigned": (400, {}),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_launch_that_is_wrong(entrance, what):
    world, address, _ = entrance
    status, changed = WRONG[what]
    browser = requests.Session()
    target, fields = world.form(browser, user=ANN)
    claims = read(fields["id_token"]) | changed
    if what == "unsigned":
        header = jwt.get_unverified_header(fields["id_token"])
        fields["id_token"] = jwt.encode(claims, "", algorithm="none", headers={"kid": header["kid"]})
    else:
        fields["id_token"] = world.stand("sign", claims=claims)["token"]
    assert browser.post(target, fields, timeout=30).status_code == status
    assert whoami(address, browser) == ""


def test_a_launch_counts_once_also_with_the_cookies_of_its_browser(entrance):
    world, address, _ = entrance
    browser, thief, stranger = (requests.Session() for _ in range(3))
    target, fields = world.form(browser, user=ANN)
    thief.cookies.update(browser.cookies)
    assert browser.post(target, fields, timeout=30).ok and whoami(address, browser) == ANN
    for other in (browser, thief, stranger):
        assert other.post(target, fields, timeout=30).status_code == 400
    assert whoami(address, thief) == whoami(address, stranger) == ""
