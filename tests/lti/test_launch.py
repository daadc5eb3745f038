"""Launches from Open edX's LTI consumer: the good one lands at its task; whatever is wrong with one, it does not."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import jwt
import pytest
import requests

from course_tools.lti.launch import CLAIM, LEEWAY
from course_utils.cli import main

TASK = {"custom": {"task": "ps1"}}


def test_a_student_lands_at_the_task(world):
    landed = world.launch(**TASK)
    assert (landed.status_code, landed.headers["Location"]) == (303, f"{world.tool}/hub/lab/tree/ps1")
    (link,) = world.store.links("ps1")
    assert link.platform == "edx" and link.lineitem.startswith(f"{world.base}/api/lti_consumer/v1/lti/")
    assert "https://purl.imsglobal.org/spec/lti-ags/scope/score" in link.scopes and link.members.endswith(
        "/memberships"
    )


def test_a_link_without_a_task_says_what_to_do(world):
    landed = world.launch()
    assert landed.status_code == 400 and "choose one anew" in landed.text


def test_a_teacher_chooses_a_task_and_the_platform_keeps_it(world):
    browser = requests.Session()
    page = world.launch(browser, role="instructor", message="LtiDeepLinkingRequest").text
    target, message, name = re.search(
        r'action="([^"]*)"><input type="hidden" name="JWT" value="([^"]*)"><p><button>(\w+)', page
    ).groups()
    assert name == "ps1"
    assert browser.post(target, {"JWT": message}, timeout=30).status_code == 200
    (item,) = world.stand("state")["items"]
    assert item["attributes"]["custom"] == {"task": "ps1"}
    assert item["attributes"]["lineItem"] == {"label": "ps1", "scoreMaximum": 12.0, "resourceId": "ps1"}
    assert world.launch(item=item["id"]).headers["Location"].endswith("/ps1")


def test_a_student_cannot_choose(world):
    browser = requests.Session()
    _, fields = world.form(browser, **TASK)
    claims = read(fields["id_token"]) | {f"{CLAIM}/claim/message_type": "LtiDeepLinkingRequest"}
    settings = {
        "deep_link_return_url": world.base,
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["window"],
    }
    refused = post(world, browser, fields, claims | {f"{CLAIM}-dl/claim/deep_linking_settings": settings})
    assert refused.status_code == 400 and "Only teachers" in refused.text


# --- what is wrong with a launch


def read(token: str) -> dict:
    return jwt.decode(token, options={"verify_signature": False})


def post(world, browser, fields, claims, **signing) -> requests.Response:
    """Launch with `claims`, signed by the platform itself."""
    fields = fields | {"id_token": world.stand("sign", claims=claims, **signing)["token"]}
    return browser.post(f"{world.tool}/lti/launch", fields, allow_redirects=False, timeout=30)


def late(seconds: float) -> Callable[[dict], dict]:
    return lambda claims: claims | {"exp": time.time() - seconds}


def early(seconds: float) -> Callable[[dict], dict]:
    return lambda claims: claims | {"iat": time.time() + seconds, "nbf": time.time() + seconds}


def without(name: str) -> Callable[[dict], dict]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


def having(**changed: object) -> Callable[[dict], dict]:
    return lambda claims: claims | changed


WRONG = {
    "audience": (having(aud="another-client"), "not found in settings"),
    "audience, of several": (having(aud=["another-client", "and-another"]), "not found in settings"),
    "authorized party": (having(azp="another-client"), "another client"),
    "issuer": (having(iss="https://evil.example"), "not found in settings"),
    "deployment": (having(**{f"{CLAIM}/claim/deployment_id": "2"}), "deployment ID &quot;2&quot; is not recognised"),
    "expired": (late(LEEWAY + 5), "expired"),
    "not yet valid": (early(LEEWAY + 5), "not yet valid"),
    "never expires": (without("exp"), "missing the &quot;exp&quot;"),
    "when it was made": (without("iat"), "missing the &quot;iat&quot;"),
    "nonce of another": (having(nonce="0" * 64), "Invalid Nonce"),
    "nonce that is none": (having(nonce={"a": 1}), "Not launched"),
    "no nonce": (without("nonce"), "nonce"),
    "version": (having(**{f"{CLAIM}/claim/version": "1.1"}), "version"),
    "task": (having(**{f"{CLAIM}/claim/custom": {"task": "../x"}}), "no task of this course"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_launch_that_is_wrong(world, name):
    change, why = WRONG[name]
    browser = requests.Session()
    _, fields = world.form(browser, **TASK)
    refused = post(world, browser, fields, change(read(fields["id_token"])))
    assert refused.status_code == 400 and why in refused.text, refused.text[-400:]
    assert "Location" not in refused.headers


@pytest.mark.parametrize(
    "change", [late(LEEWAY - 20), early(LEEWAY - 20), having(extra=1)], ids=["late", "early", "plain"]
)
def test_clocks_may_differ_a_little(world, change):
    browser = requests.Session()
    _, fields = world.form(browser, **TASK)
    assert post(world, browser, fields, change(read(fields["id_token"]))).status_code == 303


def test_a_launch_counts_once(world):
    browser = requests.Session()
    _, fields = world.form(browser, **TASK)
    answers = [browser.post(f"{world.tool}/lti/launch", fields, allow_redirects=False, timeout=30) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 400] and "Nonce" in answers[1].text


def test_a_launch_is_its_own_browsers(world):
    """Neither another browser's, nor one's own with the token of another."""
    mine, theirs = requests.Session(), requests.Session()
    _, my_fields = world.form(mine, **TASK)
    _, their_fields = world.form(theirs, user="user-mallory", **TASK)
    bare = requests.post(f"{world.tool}/lti/launch", my_fields, allow_redirects=False, timeout=30)
    assert bare.status_code == 400 and "cookie" in bare.text
    state = mine.post(f"{world.tool}/lti/launch", my_fields | {"state": their_fields["state"]}, timeout=30)
    assert state.status_code == 400 and "State not found" in state.text
    token = mine.post(f"{world.tool}/lti/launch", my_fields | {"id_token": their_fields["id_token"]}, timeout=30)
    assert token.status_code == 400 and "Nonce" in token.text


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_an_algorithm_that_proves_nothing(world, alg):
    browser = requests.Session()
    _, fields = world.form(browser, **TASK)
    public = requests.get(
        f"{world.base}/api/lti_consumer/v1/public_keysets/{world.stand('state')['passport']}", timeout=30
    ).json()
    header = jwt.get_unverified_header(fields["id_token"])
    key = "" if alg == "none" else public["keys"][0]["n"]  # which everybody knows
    fields["id_token"] = jwt.encode(read(fields["id_token"]), key, algorithm=alg, headers={"kid": header["kid"]})
    refused = browser.post(f"{world.tool}/lti/launch", fields, timeout=30)
    assert refused.status_code == 400 and "Unable to find public key" in refused.text


def test_a_key_that_the_platform_has_revoked(world):
    browser = requests.Session()
    _, fields = world.form(browser, **TASK)
    world.stand("set", rotate=True)
    refused = browser.post(f"{world.tool}/lti/launch", fields, timeout=30)
    assert refused.status_code == 400 and "Unable to find public key" in refused.text
    assert world.launch(**TASK).status_code == 303  # with the new one


NO_TOKENS = ["a.b.c", "W10.W10.c", "eyJhIjoxfQ.WzFd.c", "e30.e30.e30"]  # of lists and of nothing


@pytest.mark.parametrize("token", ["", *NO_TOKENS])
def test_strangers_get_one_line(world, token):
    browser = requests.Session()
    _, fields = world.form(browser, **TASK)
    hostile = "<script>alert(1)</script>"
    answers = [browser.post(f"{world.tool}/lti/launch", fields | {"id_token": token}, timeout=30)]
    answers += [
        browser.post(f"{world.tool}/lti/login", said, timeout=30) for said in ({}, {"iss": hostile, "login_hint": "x"})
    ]
    for answer in answers:
        assert answer.status_code == 400 and "<h1>Not launched</h1>" in answer.text and hostile not in answer.text


def test_the_log_has_the_conversation_and_no_secret(world, log):
    browser = requests.Session()
    _, fields = world.form(browser, **TASK)
    assert browser.post(f"{world.tool}/lti/launch", fields, allow_redirects=False, timeout=30).status_code == 303
    said = log()
    assert (
        '"POST", "url": "/lti/launch", "status": 303' in said
        and '"LtiResourceLinkRequest"' in said
        and world.client in said
    )
    claims = read(fields["id_token"])
    for secret in (*fields["id_token"].split("."), fields["state"], claims["nonce"], "user-ann", "Ann Example", "ann@"):
        assert secret not in said
    for cookie in browser.cookies.values():
        assert cookie not in said


def test_served_from_the_command_line(world, capsys):
    """On a port that is free until a person presses Ctrl-C, and not on one that is taken."""
    assert main(["lti", "serve", "--port", str(world.port)]) == 2
    assert f"cannot listen on 127.0.0.1:{world.port}" in capsys.readouterr().err
    command = [sys.executable, "-m", "course_utils.cli", "lti", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        lines = [served.stdout.readline() for _ in range(4)]
        served.send_signal(signal.SIGINT)
        assert served.wait(30) == 130
    assert lines[0] == f"login: {world.tool}/lti/login\n" and lines[3].startswith("listening")


def test_a_course_without_lti(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "source").mkdir()
    for command in (["serve"], ["roster"], ["push", "ps1"]):
        assert main(["lti", *command]) == 2
        assert "lti.toml is missing: docs/lti.md says what it holds" in capsys.readouterr().err
