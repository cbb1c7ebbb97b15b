# Everything that is needed to compile; nothing of it reaches the image that runs.
FROM node:26-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# Without scripts: what they would fetch (a Node for checkouts) the image has already.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/
COPY src src
RUN node scripts/build.mjs
# Afresh: npm prune leaves the folders of what it takes away.
RUN rm -rf node_modules && npm ci --omit=dev --ignore-scripts

FROM node:26-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
# /data is the only place written to: the embedded ledger, reports. Mount a volume there, or halts and limits are forgotten.
RUN ln -s /app/dist/main.js /usr/local/bin/firedrill \
  && mkdir /data /etc/firedrill \
  && chown 1000:1000 /data
VOLUME /data
# A number, so that Kubernetes can see that it is not root.
USER 1000:1000
# firedrill.yaml is looked for here.
WORKDIR /etc/firedrill
EXPOSE 8080
# The port is that of web.listen.
ENV FIREDRILL_HEALTH_URL=http://127.0.0.1:8080/healthz
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(process.env.FIREDRILL_HEALTH_URL).then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
# A service that mostly waits: a small young generation saves a quarter of its memory (docs/performance.md).
ENTRYPOINT ["node", "--optimize-for-size", "--max-semi-space-size=2", "/app/dist/main.js"]
CMD ["serve"]
