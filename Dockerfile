# The gateway's image: docker build --tag ai-gateway .
# `npm run image:check` runs these same steps without Docker; test/deploy/dockerfile.test.ts holds the rules.
# By tag, not by digest: both tags are rebuilt for every fix of their Debian, a build with --pull takes it, and what is
# deployed is the digest of the image that was tried. Both are Debian 13: an addon asks for the C library it was built with.
FROM node:24-trixie AS sources
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
RUN npm run build && find dist -name '*.map' -delete

FROM node:24-trixie AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY scripts scripts
COPY models models
# From sources, with the flags that make it safe in a thread: fails where the launcher would go on without.
RUN node scripts/image/build-addon.mjs
# The weights, each file held against its SHA-256 in scripts/model/published.mjs.
RUN node scripts/setup-model.mjs
COPY deploy/prune.mjs deploy/prune.mjs
RUN npm sbom --omit=dev --package-lock-only --sbom-format=cyclonedx > sbom.cdx.json && node deploy/prune.mjs && mkdir cache

# Node, its libraries and certificates, and nothing else: no shell, no package manager.
FROM gcr.io/distroless/nodejs24-debian13:nonroot AS gateway
WORKDIR /app
# By itself the C library gives each thread of Node's and of the model runtime's a heap of its own, most of it empty, and keeps the room of
# large blocks that were given back, once it has seen some.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072
# By itself V8 lets what is young grow beyond 100 MB where the machine is large: docs/performance.md, "Cold start".
ENV NODE_OPTIONS=--max-semi-space-size=8
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/tmp/ai-gateway PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
COPY --from=packages /app/package.json /app/sbom.cdx.json ./
COPY --from=packages /app/node_modules node_modules
COPY --from=packages /app/.models .models
COPY --from=packages /app/models models
COPY --from=sources /app/dist dist
COPY config config
COPY LICENSE NOTICE ./

# Starts it once, as the user and in the place that it will run, since Node keeps what it compiled by both; the gateway keeps what
# its configuration says.
FROM gateway AS warm
COPY --from=packages --chown=65532:65532 /app/cache node_modules/.cache
COPY scripts/image/warm.mjs /tmp/warm.mjs
USER 65532:65532
RUN ["/nodejs/bin/node", "/tmp/warm.mjs", "/app"]

FROM gateway
# Root's, so that nobody changes what runs.
COPY --from=warm --chown=0:0 /app/node_modules/.cache node_modules/.cache
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/nodejs/bin/node", "/app/dist/main.js"]
CMD ["start"]
