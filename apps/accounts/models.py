"""Who may sign in: staff only. Readers have no account and are never tracked."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A curator or administrator. They sign in by a one-time link sent or printed for their e-mail address."""

    email = models.EmailField(_("e-mail address"), unique=True)
