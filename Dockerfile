# Two stages: the first installs what is locked, the second runs it without pip's cache or a compiler.
# A region pins the base by digest in its own registry: --build-arg BASE=registry/python@sha256:…
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/ requirements/
RUN python -m venv /opt/vidare \
    && /opt/vidare/bin/python -m pip install --require-hashes --only-binary :all: -r requirements/run.txt \
    && python -m venv /opt/building \
    && /opt/building/bin/python -m pip install --require-hashes --only-binary :all: -r requirements/build.txt
COPY . .
RUN /opt/building/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/vidare/bin/python -m pip install --no-deps --no-index /wheels/*.whl \
    && /opt/vidare/bin/python -m compileall -q /opt/vidare/lib

FROM ${BASE}
RUN groupadd --gid 10001 vidare && useradd --uid 10001 --gid 10001 --no-create-home vidare \
    && install -d -o vidare -g vidare -m 0700 /var/lib/vidare
COPY --from=build /opt/vidare /opt/vidare
ENV PATH=/opt/vidare/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    VIDARE_HOST=0.0.0.0 VIDARE_PORT=8000 VIDARE_SANDBOX=off
USER 10001:10001
WORKDIR /var/lib/vidare
VOLUME /var/lib/vidare
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=2); c.request('GET', '/health/live'); raise SystemExit(c.getresponse().status != 200)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["vidare"]
CMD ["serve"]
