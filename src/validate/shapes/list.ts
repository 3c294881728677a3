import type { ConfigKind } from '../../config/kind.ts';
import { app } from './app.ts';
import { council } from './council.ts';
import { gateway } from './gateway.ts';
import { mcp } from './mcp.ts';
import { orchestrator } from './orchestrator.ts';
import { pipeline } from './pipeline.ts';
import { router } from './router.ts';
import { scheduler } from './scheduler.ts';
import type { Shape } from './shape.ts';
import { worker } from './worker.ts';

export const SHAPES: Readonly<Record<ConfigKind, Shape>> = {
  worker,
  pipeline,
  orchestrator,
  router,
  scheduler,
  mcp,
  council,
  app,
  gateway,
};
