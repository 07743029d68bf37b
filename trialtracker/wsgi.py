from __future__ import annotations

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from trialtracker.env import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialtracker.settings")

application = get_wsgi_application()
limit_statements(settings.DATABASES["default"], settings.WEB_STATEMENT_TIMEOUT_MS)
