/** What the bus of `dev` and its start and end have to say; router and workers speak for themselves. */
export type DevEvent =
  | { readonly kind: 'dev_bus_line'; readonly text: string }
  | { readonly kind: 'dev_stopping' }
  | { readonly kind: 'dev_stopped' };
