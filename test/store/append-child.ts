import { openToAppend } from '../../src/store/append-file.ts';

// Holds a file until it is killed; started by append-file.test.ts.

await openToAppend(process.argv[2] ?? '');
console.log('open');
setInterval(() => {}, 1000);
