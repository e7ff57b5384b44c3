# Two stages: the first compiles hnswlib and app/compiled, the second has no compiler.
FROM python:3.11-slim-bookworm AS build

# Where PyTorch's own CPU builds are; PyPI's are built for CUDA and several gigabytes large.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
# hnswlib compiles for the processor that builds it, unless told not to, and the image would crash on an older one.
ENV HNSWLIB_NO_NATIVE=1 \
    PATH=/opt/venv/bin:$PATH \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1

# The official image has Python's headers already; python3-dev is for a base whose Python is Debian's.
RUN apt-get update -qq \
    && apt-get install -qq --yes --no-install-recommends g++ python3-dev \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /build
RUN python3 -m venv /opt/venv

# Dependencies first, with empty packages in place of ours, so that a change of code installs none of them again.
COPY constraints.txt ./
RUN python -m pip install --quiet --no-deps --retries 1 --index-url "$TORCH_INDEX" --constraint constraints.txt torch
COPY pyproject.toml ./
COPY client/pyproject.toml client/
RUN touch README.md LICENSE client/README.md \
    && python -m pip install --quiet --constraint constraints.txt ./client '.[otel,postgres]'

COPY README.md LICENSE setup.py ./
COPY client client
COPY app app
RUN python -m pip install --quiet --no-deps --force-reinstall ./client .

# A quarter of it is nothing that serving needs: pip, torch's tests and headers, and the bytecode of what is never
# imported, most of torch and sympy. The imports write again what is; -I takes the installed package, not ./app.
RUN site=$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
    && rm -r "$site/torch/test" "$site/torch/include" \
    && find "$site/torch/bin" -type f ! -name torch_shm_manager -delete \
    && find "$site/torch" "$site/sympy" -name __pycache__ -prune -exec rm -r {} + \
    && python -m pip uninstall --quiet --yes pip \
    && python -I -c 'import app.bootstrap, torch'


FROM python:3.11-slim-bookworm

RUN groupadd --gid 10001 emprox \
    && useradd --uid 10001 --gid emprox --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin emprox \
    && install --directory --owner=emprox --group=emprox /data /keys

WORKDIR /srv/emprox
COPY --from=build /opt/venv /opt/venv
COPY models models

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    EMPROX_DATA_DIR=/data \
    EMPROX_HOST=0.0.0.0 \
    EMPROX_MODELS_DIR=/srv/emprox/models \
    EMPROX_PORT=8000

VOLUME /data
EXPOSE 8000
USER 10001:10001

# http.client takes no proxy from the environment, as urllib would even for loopback.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; server = http.client.HTTPConnection('127.0.0.1', int(os.environ['EMPROX_PORT']), timeout=4); server.request('GET', '/health/ready'); sys.exit(server.getresponse().status != 200)"]

CMD ["emprox", "serve"]
