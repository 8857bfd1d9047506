# Two stages: the first has compilers and development packages, the second only what runs.
FROM node:24 AS build
# The headers of this node, so that the native ciphers are built without asking the network for them.
ENV npm_package_config_node_gyp_nodedir=/usr/local
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY src/ssh/patches src/ssh/patches
RUN npm ci
COPY tsconfig.json ./
COPY src src
COPY policies policies
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production
# Numeric, so that an orchestrator can check that it is not root.
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/sallyport && install -d /etc/sallyport
WORKDIR /opt/sallyport
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY --from=build /build/policies policies
RUN ln -s /opt/sallyport/dist/main.js /usr/local/bin/sallyport && chmod +x dist/main.js
USER 10001:10001
# Everything it writes is below this directory; the rest of the file system may be read-only.
VOLUME /var/lib/sallyport
EXPOSE 2222 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--v8-pool-size=1", "dist/main.js"]
CMD ["serve", "--config", "/etc/sallyport/sallyport.yaml"]
