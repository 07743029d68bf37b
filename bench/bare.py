"""The yardstick of the pages, a bare Django view: 25 rows by the ORM, one indexed SELECT, a small template."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine
from django.urls import path

if not settings.configured:
    from trialtracker.env import env_database

    settings.configure(
        SECRET_KEY="yardstick",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="bench.bare",
        DATABASES={"default": env_database("DATABASE_URL") | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}},
        INSTALLED_APPS=["apps.search"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        MIDDLEWARE=[],
        USE_TZ=True,
    )

TEMPLATE = Engine().from_string(
    "<!doctype html><title>Trials</title><h1>Trials</h1><ul>"
    "{% for study in studies %}<li><a href='/trials/{{ study.nct_id }}/'>{{ study.title }}</a> "
    "{{ study.overall_status }} {{ study.sponsor }} {{ study.last_update_posted }}</li>{% endfor %}</ul>"
)
COLUMNS = ("nct_id", "title", "overall_status", "sponsor", "last_update_posted")


def studies(request: HttpRequest) -> HttpResponse:
    rows = apps.get_model("search", "StudyDocument").objects.only(*COLUMNS).order_by("-nct_id")[:25]
    return HttpResponse(TEMPLATE.render(Context({"studies": rows})))


urlpatterns = [path("", studies)]
application = get_wsgi_application()
