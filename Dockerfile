# Everything is installed in the first stage; the second has no compiler, no package cache and no root.
FROM python:3.13-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps \
    --requirement requirements.lock
# Extras of pyproject.toml, by name: docker build --build-arg EXTRAS="metrics google redis voices" .
ARG EXTRAS=""
COPY locks ./locks
RUN for extra in $EXTRAS; do /venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes \
    --no-deps --requirement "locks/$extra.lock" || exit 1; done
COPY pyproject.toml README.md LICENSE NOTICE alembic.ini ./
COPY app ./app
COPY migrations ./migrations
RUN /venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --editable .

FROM python:3.13-slim
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin avc \
    && mkdir /storage && chown avc:avc /storage
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    APP_ENV=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    STORAGE_PATH=/storage \
    DATABASE_URL=sqlite+aiosqlite:////storage/video_creator.db
VOLUME ["/storage"]
EXPOSE 8000
USER avc
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
CMD ["avc", "serve"]
