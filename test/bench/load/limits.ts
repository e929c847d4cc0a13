import type { Desks } from "./desks.ts";
import type { StatementCounter } from "./statements.ts";
import { workAt, type Service, type Step } from "./work.ts";

/** Where the time goes at a rate that is too much: who has the processors, and in each part what for. */
export const whatLimits = async (service: Service, desks: Desks, counter: StatementCounter, postsPerSecond: number) => {
  const [api] = service.apis;
  const [matcher] = service.matchers;
  if (api === undefined || matcher === undefined) throw new Error("one of each");
  const steps: Step[] = [];
  const found = { api: new Array<readonly [string, number]>(), matcher: new Array<readonly [string, number]>() };
  const postgres = await counter.costliest(async () => {
    const planning = await matcher.profiled(async () => {
      const serving = await api.profiled(async () => void steps.push(await workAt(service, desks, postsPerSecond, 5)));
      found.api.push(...serving.top);
    });
    found.matcher.push(...planning.top);
  });
  const [step] = steps;
  return {
    postsPerSecond,
    cores: step?.cores,
    apiTop: found.api.slice(0, 8),
    matcherTop: found.matcher.slice(0, 8),
    postgresTop: postgres,
  };
};
