"""Open edX's LTI consumer as a learning platform of its own, on loopback: `python -m tests.lti.openedx FOLDER` prints its address.

The views, models and checks are lti-consumer-xblock's, unchanged: OpenID login, launch, key sets, tokens, names and roles, line items,
scores, deep linking. What it asks of the rest of Open edX (who is enrolled, which block this is) is answered by `Stand`. Under /stand/ a
test plays the person before the screen, or the platform's operator:

POST launch    {role, user, message, item}: the address that the platform sends a browser to
POST sign      {claims, header}: a token with the platform's own key
POST set       {key, rotate, members, busy, slow, ...}: see `set_up`
GET  state     scores, line items, content items, keys, requests seen
"""

import json
import sys
import threading
import time
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings

COURSE = "course-v1:DHBW+LAS+2026"
BLOCK = f"block-v1:{COURSE.partition(':')[2]}+type@lti_consumer+block@tasks"
STAND = SimpleNamespace(members=[], busy=[], slow=0.0, seen=[])


class Server(WSGIServer):
    daemon_threads = True
    request_queue_size = 64

    def process_request(self, request, client_address):
        threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True).start()

    def process_request_thread(self, request, client_address):
        try:
            self.finish_request(request, client_address)
        finally:
            self.shutdown_request(request)


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


def hurdles(get_response):
    """Middleware: as busy and as slow as the test says, to what a tool asks for."""

    def answer(request):
        from django.http import HttpResponse

        if request.path.startswith("/stand/"):
            return get_response(request)
        request.user = None  # whom the stand-in below takes for a teacher
        STAND.seen.append(f"{request.method} {request.path}")
        time.sleep(STAND.slow)
        if STAND.busy and ("/token/" in request.path or "/scores" in request.path):
            status, *retry_after = STAND.busy.pop(0)
            if status != 200:
                return HttpResponse(status=status, headers={"Retry-After": str(retry_after[0])} if retry_after else {})
        return get_response(request)

    return answer


def configure(folder: Path, base: str) -> None:
    settings.configure(
        DEBUG=False,
        SECRET_KEY="of a test",
        ALLOWED_HOSTS=["127.0.0.1"],
        USE_TZ=True,
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "lms.db", "OPTIONS": {"timeout": 30}}
        },
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "rest_framework",
            "config_models",
            "lti_consumer",
        ],
        MIDDLEWARE=["tests.lti.openedx.hurdles", "edx_django_utils.cache.middleware.RequestCacheMiddleware"],
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        REST_FRAMEWORK={},
        ROOT_URLCONF=__name__,
        LMS_ROOT_URL=base,
        LTI_API_BASE=base,
        LTI_BASE=base,
        LEARNING_MICROFRONTEND_URL=base,
        PLATFORM_NAME="Open edX, in a test",
        USAGE_ID_PATTERN=r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def stand_in() -> None:
    """The parts of Open edX that are not here."""
    from lti_consumer.lti_1p3 import consumer
    from lti_consumer.plugin import compat

    consumer.PlatformKeyHandler = cache(
        consumer.PlatformKeyHandler
    )  # it would check its own key in each request, for a tenth of a second
    block = SimpleNamespace(has_score=False, weight=100, display_name="Tasks")
    compat.load_enough_xblock = compat.load_block_as_user = lambda location: block
    compat.user_has_studio_write_access = lambda user, course: True
    compat.get_course_members = lambda course: {one["id"]: dict(one) for one in STAND.members}
    compat.get_user_course_forum_role = lambda user, course: None
    compat.batch_get_or_create_externalids = lambda users: {
        one["id"]: SimpleNamespace(external_user_id=one["external"]) for one in STAND.members
    }


def register(tool: str) -> None:
    """What an operator types in; the tool is at `tool`."""
    from lti_consumer.models import CourseAllowPIISharingInLTIFlag, Lti1p3Passport, LtiConfiguration
    from opaque_keys.edx.keys import CourseKey, UsageKey

    CourseAllowPIISharingInLTIFlag.objects.create(course_id=CourseKey.from_string(COURSE), enabled=True)
    passport = Lti1p3Passport.objects.create(name="course", lti_1p3_tool_keyset_url=f"{tool}/lti/jwks")
    LtiConfiguration.objects.create(
        version="lti_1p3",
        config_store="CONFIG_ON_DB",
        location=UsageKey.from_string(BLOCK),
        lti_1p3_passport=passport,
        lti_1p3_oidc_url=f"{tool}/lti/login",
        lti_1p3_launch_url=f"{tool}/lti/launch",
        lti_advantage_enable_nrps=True,
        lti_advantage_deep_linking_enabled=True,
        lti_advantage_deep_linking_launch_url=f"{tool}/lti/launch",
        lti_advantage_ags_mode="declarative",
    )


def configuration():
    from lti_consumer.models import LtiConfiguration

    return LtiConfiguration.objects.get()


# --- what a test asks for


def stand_launch(said: dict) -> dict:
    from lti_consumer.data import Lti1p3LaunchData

    config = configuration()
    data = Lti1p3LaunchData(
        user_id=said.get("user", "user-ann"),
        user_role=said.get("role", "student"),
        config_id=config.config_id,
        resource_link_id=BLOCK,
        name="Ann Example",
        email="ann@example.org",
        context_id=COURSE,
        context_title="Learning at Scale",
        message_type=said.get("message", "LtiResourceLinkRequest"),
        deep_linking_content_item_id=said.get("item"),
        custom_parameters=said.get("custom", {}),
    )
    return {"url": config.get_lti_consumer().prepare_preflight_url(data)}


def stand_sign(said: dict) -> dict:
    import jwt

    passport = configuration().lti_1p3_passport
    header = {"kid": passport.lti_1p3_private_key_id} | said.get("header", {})
    key = said.get("key", passport.lti_1p3_private_key)
    return {"token": jwt.encode(said["claims"], key, algorithm=said.get("alg", "RS256"), headers=header)}


def stand_set(said: dict) -> dict:
    """key: the tool's public key instead of its key set ("" for that again); rotate: a new key of our own; mode: of grades; score: one that
    somebody else sent; registered: fields of the registration. The rest is of STAND."""
    config = configuration()
    passport = config.lti_1p3_passport
    if "key" in said:
        passport.lti_1p3_tool_public_key = said.pop("key")
        passport.lti_1p3_tool_keyset_url = "" if passport.lti_1p3_tool_public_key else said.pop("keyset")
        passport.save()
    if said.pop("rotate", False):
        passport.lti_1p3_internal_private_key = ""
        passport.save()
    for name, value in said.pop("registered", {}).items():
        setattr(config, name, value)
        config.save()
    if "mode" in said:
        config.ltiagslineitem_set.all().delete()
        config.lti_advantage_ags_mode = said.pop("mode")
        config.save()
    if said.pop("forget", False):
        for item in config.ltiagslineitem_set.all():
            item.scores.all().delete()
    vars(STAND).update(said)
    return {}


def stand_state(said: dict) -> dict:
    config = configuration()
    fields = (
        "user_id",
        "score_given",
        "score_maximum",
        "activity_progress",
        "grading_progress",
        "comment",
        "timestamp",
    )
    items = config.ltiagslineitem_set.all()
    return {
        "client_id": config.lti_1p3_client_id,
        "passport": str(config.lti_1p3_passport.passport_id),
        "columns": list(items.values("label", "resource_id", "score_maximum")),
        "scores": [score for item in items for score in item.scores.order_by("user_id").values(*fields)],
        "items": list(config.ltidlcontentitem_set.values("id", "content_type", "attributes")),
        "seen": STAND.seen,
    }


def stand(request, what):
    from django.http import JsonResponse

    return JsonResponse(globals()[f"stand_{what}"](json.loads(request.body or "{}")))


def urls() -> list:
    from django.urls import include, path
    from lti_consumer.plugin import urls

    return [path("api/", include(urls)), path("stand/<what>", stand)]


def __getattr__(name: str):
    if name == "urlpatterns":  # once Django is set up
        return urls()
    raise AttributeError(name)


def main(folder: str, tool: str) -> None:
    from django.core.handlers.wsgi import WSGIHandler

    server = make_server("127.0.0.1", 0, None, server_class=Server, handler_class=Quiet)
    base = f"http://127.0.0.1:{server.server_port}"
    configure(Path(folder), base)
    stand_in()
    register(tool)
    server.set_app(WSGIHandler())
    print(base, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.modules["tests.lti.openedx"] = sys.modules["__main__"]  # one STAND for Django, which imports us by name
    main(*sys.argv[1:])
