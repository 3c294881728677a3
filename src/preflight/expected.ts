import { readPipelineConfig } from '../config/views/pipeline.ts';
import { type RouterRules, readRouterRules } from '../config/views/router.ts';
import { type ConfigProblem, showProblem } from '../config/views/view.ts';
import { readWorkerConfig } from '../config/views/worker.ts';
import type { ModelTier } from '../contract/messages.ts';
import type { ConfigTrial } from './config-trials.ts';

/** What the configs say should be on the bus. */
export interface Expected {
  readonly workers: readonly ExpectedWorker[];
  readonly pipelines: readonly { readonly name: string; readonly file: string }[];
  readonly orchestrators: readonly string[];
  /** Undefined when no router rules are among the configs. */
  readonly rules: RouterRules | undefined;
  /** Mappings that do not say what we need to know, each with the place and the reason. */
  readonly unread: readonly { readonly file: string; readonly reason: string }[];
}

export interface ExpectedWorker {
  readonly type: string;
  readonly kind: 'llm' | 'processor';
  /** Where its tasks go: the router's override, else its own tier. */
  readonly routedTier: string;
  readonly overridden: boolean;
  /** The tier of its own config. */
  readonly ownTier: ModelTier;
  readonly file: string;
}

/** What cannot be read is left out: the checks of group config say which and why. */
export function expectedOf(trials: readonly ConfigTrial[]): Expected {
  const workers: Omit<ExpectedWorker, 'routedTier' | 'overridden'>[] = [];
  const pipelines: { name: string; file: string }[] = [];
  const orchestrators: string[] = [];
  const unread: { file: string; reason: string }[] = [];
  let rules: RouterRules | undefined;
  for (const { fault, kind, document, path: file } of trials) {
    if (fault !== undefined) continue;
    const reject = ({ problems: [problem] }: { problems: readonly ConfigProblem[] }): void => {
      unread.push({ file, reason: problem === undefined ? 'it cannot be read' : showProblem(problem) });
    };
    if (kind === 'worker') {
      const view = readWorkerConfig(document);
      if (view.ok) workers.push({ type: view.value.name, kind: view.value.kind, ownTier: view.value.tier, file });
      else reject(view);
    } else if (kind === 'pipeline') {
      const view = readPipelineConfig(document);
      if (view.ok) pipelines.push({ name: view.value.name, file });
      else reject(view);
    } else if (kind === 'orchestrator') {
      orchestrators.push(file);
    } else if (kind === 'router') {
      const view = readRouterRules(document);
      if (view.ok) rules = view.value;
      else reject(view);
    } else if (kind === 'unknown') {
      unread.push({ file, reason: `${file}: it is no kind of config that Heddle has` });
    }
  }
  return {
    workers: workers.map((worker) => {
      const override = rules?.tierOverrides.get(worker.type);
      return { ...worker, routedTier: override ?? worker.ownTier, overridden: override !== undefined };
    }),
    pipelines,
    orchestrators,
    rules,
    unread,
  };
}
