/** How far reading one config file came; each step is a check of its own. */
export const CONFIG_STEPS = ['found', 'file', 'readable', 'utf8', 'yaml', 'mapping'] as const;
export type ConfigStep = (typeof CONFIG_STEPS)[number];
