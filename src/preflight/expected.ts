import { readPipelineConfig } from '../config/views/pipeline.ts';
import { readRouterRules } from '../config/views/router.ts';
import { type ConfigProblem, showProblem } from '../config/views/view.ts';
import { readWorkerConfig } from '../config/views/worker.ts';
import type { ModelTier } from '../contract/messages.ts';
import type { ConfigTrial } from './config-trials.ts';
import { type ExpectedRules, type RulesFile, rulesOf } from './expected-rules.ts';

/** What the configs say should be on the bus. */
export interface Expected {
  readonly workers: readonly ExpectedWorker[];
  readonly pipelines: readonly ExpectedPipeline[];
  readonly rules: ExpectedRules;
  /** Mappings that do not say what we need to know, each with the place and the reason. */
  readonly unread: readonly { readonly file: string; readonly reason: string }[];
}

/** Where tasks for a worker go, as far as that is known. */
export interface Routed {
  readonly type: string;
  /** The router's override, else the tier that the config speaks of. */
  readonly routedTier: string;
  /** `rules`: the router decides it. `asker`: nobody overrides it, so a task goes where it asks to. `unknown`: it depends. */
  readonly decidedBy: 'rules' | 'asker' | 'unknown';
  readonly file: string;
}

export interface ExpectedWorker extends Routed {
  readonly kind: 'llm' | 'processor';
  /** The tier of its own config. */
  readonly ownTier: ModelTier;
}

export interface ExpectedPipeline {
  readonly name: string;
  readonly file: string;
  readonly stages: readonly ExpectedStage[];
}

export interface ExpectedStage extends Routed {
  readonly stage: string;
  readonly pipeline: string;
}

/** What cannot be read is left out: the checks of group config say which and why. `named`: files of the running routers' rules. */
export function expectedOf(trials: readonly ConfigTrial[], named: readonly string[] = []): Expected {
  const workers: Pick<ExpectedWorker, 'type' | 'kind' | 'ownTier' | 'file'>[] = [];
  const pipelines: { name: string; file: string; stages: { name: string; workerType: string; tier: string }[] }[] = [];
  const unread: { file: string; reason: string }[] = [];
  const rulesFiles: RulesFile[] = [];
  for (const { fault, kind, document, path: file } of trials) {
    if (fault !== undefined) continue;
    const reject = ({ problems: [problem] }: { problems: readonly ConfigProblem[] }): void => {
      unread.push({ file, reason: problem === undefined ? 'it cannot be read' : showProblem(problem) });
    };
    if (kind === 'router' || named.includes(file)) {
      const view = readRouterRules(document);
      if (view.ok) rulesFiles.push({ file, rules: view.value });
      else reject(view);
    } else if (kind === 'worker') {
      const view = readWorkerConfig(document);
      if (view.ok) workers.push({ type: view.value.name, kind: view.value.kind, ownTier: view.value.tier, file });
      else reject(view);
    } else if (kind === 'pipeline') {
      const view = readPipelineConfig(document);
      if (view.ok) pipelines.push({ name: view.value.name, file, stages: [...view.value.stages] });
      else reject(view);
    } else if (kind === 'unknown') {
      unread.push({ file, reason: `${file}: it is no kind of config that Heddle has` });
    }
  }
  const running = rulesFiles.filter(({ file }) => named.includes(file));
  const rules = rulesOf(running.length > 0 ? running : rulesFiles);
  const routed = (type: string, asked: string): Pick<Routed, 'type' | 'routedTier' | 'decidedBy'> => {
    const override = rules.overrideOf(type);
    if (override === 'unknown') return { type, routedTier: asked, decidedBy: 'unknown' };
    return { type, routedTier: override ?? asked, decidedBy: override === undefined ? 'asker' : 'rules' };
  };
  return {
    workers: workers.map((worker) => ({ ...worker, ...routed(worker.type, worker.ownTier) })),
    pipelines: pipelines.map(({ name: pipeline, file, stages }) => ({
      name: pipeline,
      file,
      stages: stages.map(({ name: stage, workerType, tier }) => ({
        ...routed(workerType, tier),
        stage,
        pipeline,
        file,
      })),
    })),
    rules,
    unread,
  };
}
