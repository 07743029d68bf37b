"""The log of decisions as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.curation.models import AuditEntry

pytestmark = pytest.mark.django_db


def line(**told: Any) -> AuditEntry:
    given = {"by": "ada@example.org", "action": "decided", "nct_id": "NCT90000001", "field": "disease"}
    return AuditEntry.objects.create(**given | told)


def content(answer: Any) -> str:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def test_every_line_is_in_it_and_the_last_is_its_own(signed_in: Callable) -> None:
    first = line(before=["multiple-sclerosis"], after=[], said=["é 😀"], reason='=1+1, "so"\r\n', source="@x", batch=7)
    client = signed_in("viewer")
    [one, two] = csv.DictReader(io.StringIO(content(client.post("/desk/log.csv")), newline=""))
    assert one == {
        "id": str(first.pk), "at": first.__class__.objects.get(pk=first.pk).at.isoformat(), "by": "ada@example.org",
        "action": "decided", "nct_id": "NCT90000001", "field": "disease", "before": '["multiple-sclerosis"]',
        "after": "[]", "said": '["é 😀"]', "reason": '\'=1+1, "so"\r\n', "source": "'@x", "batch": "7",
    }  # fmt: skip
    assert (two["action"], two["by"], two["after"]) == ("exported", "viewer@example.org", '{"format": "csv"}')
    told = [json.loads(part) for part in content(client.post("/desk/log.jsonl")).splitlines()]
    assert [item["action"] for item in told] == ["decided", "exported", "exported"]
    assert (told[0]["before"], told[0]["reason"], told[0]["batch"]) == (["multiple-sclerosis"], first.reason, 7)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [item["action"] for item in told]


def test_who_may_and_how(signed_in: Callable, client: Client) -> None:
    assert client.post("/desk/log.csv").status_code == 302
    assert signed_in("viewer").get("/desk/log.csv").status_code == 405
    for form in ("xlsx", "%00", "CSV"):
        assert signed_in("admin").post(f"/desk/log.{form}").status_code == 404
    assert not AuditEntry.objects.exists()
    for address in ("/desk/", "/desk/curation/auditentry/"):
        assert 'action="/desk/log.jsonl"' in signed_in("viewer").get(address).content.decode()


def test_it_costs_the_same_for_few_lines_and_many(signed_in: Callable) -> None:
    client, costs = signed_in("curator"), []
    for number in (5, 50):
        for _ in range(number):
            line()
        with CaptureQueriesContext(connection) as asked:
            assert len(content(client.post("/desk/log.jsonl")).splitlines()) > number
        costs.append(len(asked))
    assert costs[0] == costs[1]
