export { buildAsyncApi } from "./async-api.ts";
export { addStream, STREAM_PATH, streamRoutes, type StreamParts } from "./stream.routes.ts";
