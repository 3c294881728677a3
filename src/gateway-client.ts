export * from './gateway/client.ts';
