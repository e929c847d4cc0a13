export {
  ApiProblem,
  createApiClient,
  type Answer,
  type ApiClient,
  type ApiOptions,
  type Ask,
  type Command,
} from "./api-client.ts";
export { type StreamEvent } from "./frames.ts";
export {
  defaultStreamSettings,
  openStream,
  type SocketLike,
  type StreamClient,
  type StreamOptions,
  type StreamSettings,
  type StreamState,
  type StreamStatus,
} from "./stream-client.ts";
