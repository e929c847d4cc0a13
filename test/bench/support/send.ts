import { Agent, request } from "node:http";

/** Node's own client and not `fetch`, whose cost would be measured with the few milliseconds that an answer takes. */
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** Posts JSON with a bearer token. */
export const send = async (
  url: string,
  { token }: { readonly token: string },
  body: object,
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const payload = JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(payload),
    };
    const sent = request(url, { method: "POST", agent, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (text += chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(payload);
  });
