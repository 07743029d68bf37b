"""All settings, from the environment alone; .env.example describes each variable."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from celery.schedules import crontab
from django.conf.locale import LANG_INFO

from trialtracker.env import (
    env_bool,
    env_database,
    env_float,
    env_int,
    env_list,
    env_mail,
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
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
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
    "apps.web.middleware.PathLanguage",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.web.middleware.InTurn",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.web.middleware.StoppedStatements",
    "apps.web.middleware.DaysWithoutList",
    "axes.middleware.AxesMiddleware",
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
# A language is a folder here, with its catalogue: nothing else lists them.
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGES = [
    (LANGUAGE_CODE, "English"),
    *(
        (folder.name, str(LANG_INFO[folder.name]["name_local"]).capitalize())
        for folder in sorted(LOCALE_PATHS[0].iterdir())
        if (folder / "LC_MESSAGES" / "django.mo").is_file()
    ),
]
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
    "answers": {"task": "curation.send_answers", "schedule": 900.0, "options": {"expires": 600}},
    "snapshot": {"task": "exports.snapshot", "schedule": 3600.0, "options": {"expires": 3500}},
    "sweep": {"task": "accounts.sweep", "schedule": crontab(hour=3, minute=17), "options": {"expires": 3600}},
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
# A session of the desk ends with the browser, after so long without a page (a long lunch, or a paper read to its end),
# and after a working day in any case. Readers have none.
SESSION_COOKIE_AGE = env_int("DESK_IDLE_MINUTES", 120) * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
DESK_HOURS = env_int("DESK_HOURS", 12)

# Signing in, for staff alone. Older hashes are made anew when their owner signs in.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {"user_attributes": ("email",)},
        "MinimumLengthValidator": {"min_length": 12},
        "CommonPasswordValidator": {},
    }.items()
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Ten wrong passwords for a name, whoever sends them, or from an address, for whatever names: no password is
# looked at for a quarter of an hour. A one-time link works all the same, so nobody can keep somebody out.
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_HANDLER = "apps.accounts.attempts.Attempts"
AXES_CLIENT_IP_CALLABLE = "apps.accounts.addresses.scrambled"
AXES_CLIENT_STR_CALLABLE = "apps.accounts.attempts.client_name"
AXES_LOCKOUT_CALLABLE = "apps.desk.entry.locked_out"
AXES_DISABLE_ACCESS_LOG = True
# The name that stands beside the account in the app. After a wrong code none is looked at for 1, 2, 4, 8, ... seconds.
OTP_TOTP_ISSUER = "trialtracker"
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 1
AXES_ENABLE_ADMIN = AXES_VERBOSE = False

# E-mail to staff. Without a server it is written to files, one a mail.
_mail_server = env_mail("EMAIL_URL", "")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _mail_server else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = env_str("MAIL_ROOT", str(BASE_DIR / ".local" / "mail"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env_str("EMAIL_FROM", f"trialtracker <noreply@{urlsplit(SITE_URL).hostname or 'localhost'}>")
globals().update(_mail_server or {})

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
    # A line for each tick, or for each step of a sign-in, says nothing; their warnings do.
    "loggers": {
        name: {"level": "WARNING"} for name in ("axes", "celery.app.trace", "celery.beat", "celery.worker.strategy")
    },
}

# The API: read-only, open, JSON; counted by address behind so many proxies of ours.
API_REQUESTS_PER_MINUTE = env_int("API_REQUESTS_PER_MINUTE", 600)
# How much of what curators decide in the queues is read by a second one, blind.
SECOND_LOOK_SHARE = env_float("SECOND_LOOK_SHARE", 0.1)
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
