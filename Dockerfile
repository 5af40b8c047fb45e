# One image for the three roles: web (default), worker, scheduler.
# BASE must be Debian 12 or a system with the same package names and Python >= 3.11.
ARG BASE=debian:bookworm-slim

# --- Python packages, each checked against the hash in the lock file -----------------
FROM ${BASE} AS packages
# Debian keeps one version a release and mends it in place: nothing to pin.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements.lock ./
RUN python3 -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock

# --- the browser files that others wrote ---------------------------------------------
FROM packages AS front-end
COPY requirements-front-end.lock package.json package-lock.json .npmrc ./
COPY scripts/install-front-end scripts/front-end.sha256 scripts/
RUN scripts/install-front-end

# --- Custody itself ------------------------------------------------------------------
FROM packages AS custody
COPY pyproject.toml README.md LICENSE ./
COPY integrity integrity
COPY intake intake
COPY receipts receipts
COPY workers workers
COPY web web
COPY migrations migrations
COPY --from=front-end /app/web/static/vendor web/static/vendor
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && .venv/bin/python -m compileall -q integrity intake receipts workers web

# --- what runs -----------------------------------------------------------------------
# Old office formats (DOC, XLS, PPT, RTF, WPS) are read when these are added below:
# libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui (0.5 GB)
FROM ${BASE} AS run
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates ffmpeg fonts-noto-cjk libarchive13 python3 tesseract-ocr \
        tesseract-ocr-chi-sim tesseract-ocr-eng tesseract-ocr-osd \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin custody \
    && install -d -o custody -g custody -m 0700 /data /second
COPY --from=custody /app /app
ENV PATH=/app/.venv/bin:$PATH \
    HOME=/tmp \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    CUSTODY_HOME=/data \
    CUSTODY_SECOND_STORE_URL=/second/store
USER 10001:10001
WORKDIR /data
VOLUME ["/data", "/second"]
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-P", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["custody"]
CMD ["web", "--host", "0.0.0.0", "--port", "8000"]
