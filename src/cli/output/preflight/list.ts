import { human } from './human.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { nagios } from './nagios.ts';
import { prometheus } from './prometheus.ts';
import type { PreflightRenderer } from './renderer.ts';
import { short } from './short.ts';

export const PREFLIGHT_RENDERERS: Readonly<Record<string, PreflightRenderer>> = {
  human,
  short,
  json,
  junit,
  nagios,
  prometheus,
};
