import { openBucket, openStream } from '../../../src/store/open.ts';

/**
 * Writes to a store until it is killed, and says on stdout what was confirmed, a line each. Arguments: the folder, `stream` or
 * `bucket`, the number of its first message, how many are under way at once.
 */
const [path = '', kind, first = '0', atOnce = '16'] = process.argv.slice(2);
let next = Number(first);
const confirmed = (line: string): void => void process.stdout.write(`${line}\n`);

if (kind === 'stream') {
  const stream = await openStream({ home: 'directory', path }, 's');
  await stream.ensure({ maxBytes: 64 * 1024 * 1024 });
  confirmed('ready');
  await Promise.all(
    Array.from({ length: Number(atOnce) }, async () => {
      for (;;) {
        const n = next++;
        // Some large enough to be cut in the middle.
        const data = `${n} ${'x'.repeat(n % 7 === 0 ? 20_000 : n % 50)}`;
        const { seq } = await stream.append(data, { id: `id ${n}` });
        confirmed(`${seq} ${n}`);
      }
    }),
  );
} else {
  const bucket = await openBucket({ home: 'directory', path }, 'b');
  await bucket.ensure({});
  confirmed('ready');
  await Promise.all(
    Array.from({ length: Number(atOnce) }, async (_, lane) => {
      for (;;) {
        const n = next++;
        const key = `lane.${lane}`;
        if (n % 11 === 0) {
          await bucket.delete(key);
          confirmed(`${key} deleted ${n}`);
        } else {
          const revision = await bucket.put(key, `${n} ${'x'.repeat(n % 5 === 0 ? 10_000 : 10)}`);
          confirmed(`${key} ${revision} ${n}`);
        }
      }
    }),
  );
}
