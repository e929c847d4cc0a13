import { get, type RequestOptions } from "node:http";

/** Where the Docker engine would listen, from DOCKER_HOST or the usual socket; undefined for transports we do not ask. */
const engineAddress = (): RequestOptions | undefined => {
  const host = process.env["DOCKER_HOST"];
  if (host === undefined || host === "") return { socketPath: "/var/run/docker.sock" };
  const url = new URL(host);
  if (url.protocol === "unix:") return { socketPath: url.pathname };
  if (url.protocol === "tcp:") return { host: url.hostname, port: Number(url.port || 2375) };
  return undefined;
};

/** True if a Docker engine answers within a second. A docker program on PATH says nothing: it may have no engine. */
export const dockerAnswers = async (): Promise<boolean> => {
  const address = engineAddress();
  if (address === undefined) return false;
  return new Promise((resolve) => {
    const request = get({ ...address, path: "/_ping", timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
    request.once("close", () => resolve(false));
  });
};
