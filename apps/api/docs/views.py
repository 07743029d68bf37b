"""The page that explains the API."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.generic import View


class Docs(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "404.html")
