# The command-line program in a container:
#
#     docker build -t spikewatt .
#     docker run --rm -v "$PWD:/work" --user "$(id -u):$(id -g)" spikewatt run --epochs 8
#
# Files are read from and written into the folder of the host that is mounted at /work. The first
# run compiles ANNarchy's simulator; -v spikewatt-cache:/cache keeps it for the next.
FROM python:3.12-slim AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN pip install --no-cache-dir "build>=1.0" && python -m build --wheel --outdir /wheels

FROM python:3.12-slim
# ANNarchy and the event engine compile C++ when they first run; Verilator needs perl and make.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ make perl \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir "spikewatt[all] @ file://$(ls /wheels/*.whl)" && rm -r /wheels
RUN useradd --create-home --uid 1000 spikewatt \
    && mkdir --mode 1777 /work /cache
ENV XDG_CACHE_HOME=/cache
USER 1000
WORKDIR /work
ENTRYPOINT ["spikewatt"]
CMD ["--help"]
