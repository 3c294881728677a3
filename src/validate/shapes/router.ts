import { MODEL_TIERS } from '../../contract/messages.ts';
import { integer, positive, type Shape, tier } from './shape.ts';

const limit: Shape = {
  fields: [
    { key: 'max_concurrent', spec: integer(1), nullable: true },
    { key: 'tokens_per_minute', spec: positive, nullable: true },
  ],
  also: [],
};

export const router: Shape = {
  fields: [
    { key: 'tier_overrides', spec: { is: 'map', values: tier }, nullable: true },
    { key: 'rate_limits', spec: { is: 'map', keys: MODEL_TIERS, values: { is: 'map', shape: limit } }, nullable: true },
  ],
  also: ['name', 'description', 'version'],
};
