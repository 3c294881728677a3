import { connect } from 'nats';

// What `tail` is measured against: the bare client, which parses each message and counts. Started by tail.bench.ts.

const [url = '', most = '0'] = process.argv.slice(2);
const decoder = new TextDecoder();
let counted = 0;
const bus = await connect({ servers: url });
bus.subscribe('heddle.results.>', {
  callback: (_, message) => {
    const value = JSON.parse(decoder.decode(message.data)) as { status?: string };
    if (value.status === 'completed') counted += 1;
    if (counted === Number(most)) void bus.close();
  },
});
await bus.flush();
