# One image for the API, the worker and the one-shot set-up: they differ in their command only.
# The version of Node is the one the clone runs on (devDependency `node` of package.json).
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /fermata
COPY package.json package-lock.json .npmrc ./
COPY apps/api/package.json apps/api/
COPY apps/cli/package.json apps/cli/
COPY apps/worker/package.json apps/worker/
COPY packages/activities/package.json packages/activities/
COPY packages/contracts/package.json packages/contracts/
COPY packages/core/package.json packages/core/
COPY packages/database/package.json packages/database/
COPY packages/scripted-model/package.json packages/scripted-model/
COPY packages/stack/package.json packages/stack/
COPY packages/workflows/package.json packages/workflows/
# Without install scripts: they fetch what the image has (Node) or does not need (git hooks, an embedded Postgres).
RUN npm ci --ignore-scripts
COPY . .
RUN npm run generate && npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24.21.0-bookworm-slim
# git does the work. Gates run what the repositories need: derive an image that has it from this one.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends git openssh-client ca-certificates bubblewrap \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir /data /token /repositories \
  && chown node:node /data /token /repositories
WORKDIR /fermata
COPY --from=build /fermata/package.json ./
COPY --from=build /fermata/node_modules node_modules
COPY --from=build /fermata/packages packages
COPY --from=build /fermata/apps apps
COPY --from=build /fermata/prisma/migrations prisma/migrations
ENV NODE_ENV=production \
    FERMATA_API_HOST=0.0.0.0 \
    FERMATA_API_PORT=4000 \
    FERMATA_WORKER_HOST=0.0.0.0 \
    FERMATA_WORKER_PORT=4000 \
    FERMATA_DATA_DIR=/data \
    FERMATA_TOKEN_FILE=/token/admin
USER node
EXPOSE 4000
# API and worker answer on the same port, each in its own container.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4000/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "apps/api/dist/main.js"]
