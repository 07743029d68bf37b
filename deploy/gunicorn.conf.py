"""The web server process, the same under bin/up and in the image."""

from __future__ import annotations

import os
import sys
import threading

bind = f"{os.environ.get('BIND') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
workers = int(os.environ.get("WEB_WORKERS") or 2)
# Threads, so that no reader waits while another takes a long file slowly; each has a database connection of its own.
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS") or 20)
timeout = 30
graceful_timeout = 5
loglevel = "warning"
# No line for each request: what a reader looks for is nobody else's.
accesslog = None
# A heartbeat file on a real disk can stall the workers; shared memory cannot.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
control_socket_disable = True  # one way to steer it: signals


def post_worker_init(worker: object) -> None:
    """Import the pages and read the gazetteer now: otherwise each worker's first readers wait seconds for them."""
    from django.urls import get_resolver

    from apps.vocabulary.places import read_gazetteer

    get_resolver().url_patterns  # noqa: B018 (read for its effect)
    # Beside the first pages, which mostly ask for no place.
    threading.Thread(target=read_gazetteer, daemon=True).start()
    # A thread that has its answer from the database gets on after half a millisecond where another is reckoning; the
    # usual five, after each of a page's statements, were most of a page's time beside a crawler.
    sys.setswitchinterval(0.0005)
