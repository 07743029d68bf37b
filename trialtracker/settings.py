"""All settings, from the environment alone; .env.example describes each variable."""

from __future__ import annotations

import os
from pathlib import Path

from trialtracker.env import (
    env_bool,
    env_database,
    env_float,
    env_int,
    env_list,
    env_service,
    env_str,
    find_running_services,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

# Plainly fictional trials instead of the registry's; every page says so.
SAMPLE = env_bool("SAMPLE", False)

# A running bin/up lends its services to manage.py in another shell, unless that has been given a database of its own.
if not os.environ.get("DATABASE_URL"):
    _local = BASE_DIR / ".local" / "sample" if SAMPLE else BASE_DIR / ".local"
    for _name, _value in find_running_services(_local).items():
        if not os.environ.get(_name):
            os.environ[_name] = _value

SECRET_KEY = env_service("SECRET_KEY")
DEBUG = env_bool("DEBUG", False)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", [])
SITE_URL = env_str("SITE_URL", "http://localhost:8000")

DATABASES = {"default": env_database("DATABASE_URL") | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}
# For the web server alone (wsgi.py, asgi.py): the worker, the commands and the migrations take the time that they need.
WEB_STATEMENT_TIMEOUT_MS = env_int("WEB_STATEMENT_TIMEOUT_MS", 2000)
# Pages without parameters that each web process keeps ready to send.
PAGE_CACHE_MB = env_int("PAGE_CACHE_MB", 16)
REDIS_URL = env_service("REDIS_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "apps.core",
    "apps.accounts",
    "apps.studies",
    "apps.classification",
    "apps.history",
    "apps.search",
    "apps.guide",
    "apps.curation",
    "apps.ingest",
    "apps.exports",
    "apps.web",
    "apps.api",
    "apps.desk",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "apps.web.middleware.PolicyHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.web.middleware.InTurn",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.web.middleware.StoppedStatements",
    "apps.web.middleware.DaysWithoutList",
]

ROOT_URLCONF = "trialtracker.urls"
WSGI_APPLICATION = "trialtracker.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.web.views.site.site",
            ],
        },
    }
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env_str("STATIC_ROOT", str(BASE_DIR / ".local" / "static")))
SNAPSHOT_ROOT = Path(env_str("SNAPSHOT_ROOT", str(BASE_DIR / ".local" / "snapshots")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # The monthly snapshots. Any storage of Django's will do that tells the files of a folder.
    "snapshots": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": SNAPSHOT_ROOT},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# The registry.
CTGOV_BASE_URL = env_str("CTGOV_BASE_URL", "https://clinicaltrials.gov/api/v2")
CTGOV_MIN_INTERVAL = env_float("CTGOV_MIN_INTERVAL", 1.0)
CTGOV_PAGE_SIZE = env_int("CTGOV_PAGE_SIZE", 200)
CTGOV_CONNECT_TIMEOUT = env_float("CTGOV_CONNECT_TIMEOUT", 10)
CTGOV_READ_TIMEOUT = env_float("CTGOV_READ_TIMEOUT", 60)
CTGOV_CONTACT_URL = env_str("CTGOV_CONTACT_URL", SITE_URL + "/about/")

# The corridor.
SYNC_INTERVAL_HOURS = env_float("SYNC_INTERVAL_HOURS", 4)
SYNC_BLOCKED_HOURS = env_float("SYNC_BLOCKED_HOURS", 6)
SYNC_STALE_HOURS = env_float("SYNC_STALE_HOURS", 96)
SYNC_MAX_LOSS = env_float("SYNC_MAX_LOSS", 0.2)
SYNC_MAX_ERRORS = env_float("SYNC_MAX_ERRORS", 0.2)
SYNC_MAX_STUDIES = env_int("SYNC_MAX_STUDIES", 20_000)
SYNC_BATCH_SIZE = env_int("SYNC_BATCH_SIZE", 100)

# Celery: JSON only; a task that dies with its worker is taken up again by the next tick, not by re-delivery.
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 3600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 7200}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "ingest.tick", "schedule": env_float("SYNC_TICK_SECONDS", 60), "options": {"expires": 55}},
    "snapshot": {"task": "exports.snapshot", "schedule": 3600.0, "options": {"expires": 3500}},
}

# A cache that hangs is as good as none: those who use it go on without.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

HTTPS = env_bool("HTTPS", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked from inside, past the proxy that speaks TLS
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 31_536_000) if HTTPS else 0
# Whether its sub-domains too speak https, for ever, is for the owner of the host name to say, not for this site.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env_str("LOG_LEVEL", "INFO")},
    # A line for each tick says nothing; their warnings do.
    "loggers": {name: {"level": "WARNING"} for name in ("celery.app.trace", "celery.beat", "celery.worker.strategy")},
}

# The API: read-only, open, JSON; counted by address behind so many proxies of ours.
API_REQUESTS_PER_MINUTE = env_int("API_REQUESTS_PER_MINUTE", 600)
SIGN_IN_LINK_HOURS = env_int("SIGN_IN_LINK_HOURS", 72)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["apps.api.rendering.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.api.rendering.OnlyJSON",
    "DEFAULT_THROTTLE_CLASSES": ["apps.api.throttling.AddressThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "apps.api.problems.exception_handler",
    "NUM_PROXIES": env_int("NUM_PROXIES", 0),
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "trialtracker",
    "VERSION": VERSION,
    "DESCRIPTION": "Stem-cell trials in four autoimmune diseases, from ClinicalTrials.gov (U.S. National Library of "
    "Medicine), with our labels and the evidence for each. Reading is free; no key is needed.",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PUBLIC": True,
    "SORT_OPERATION_PARAMETERS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}
