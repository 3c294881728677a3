import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Reader } from '../../src/broker/reader.ts';
import { jsonLines } from '../../src/child/json-lines.ts';
import { lineSplitter } from '../../src/child/lines.ts';
import { splitCommand } from '../../src/child/split-command.ts';
import { parseDotenv } from '../../src/cli/settings/dotenv-file.ts';
import { readDocument } from '../../src/config/document.ts';
import { readGatewayConfig } from '../../src/config/views/gateway-config/read.ts';
import { decodeMessage } from '../../src/contract/read-message.ts';
import { isHeddleError } from '../../src/errors.ts';
import { listenerSubject } from '../../src/gateway/mqtt/nats-subject.ts';
import { readMqttBody } from '../../src/gateway/mqtt/read-body.ts';
import { ruleFor, translate } from '../../src/gateway/mqtt/translate.ts';
import { jsonReply, route } from '../../src/http/route.ts';
import { ProtocolHandler } from '../../src/transport/nats/client.ts';
import { MessageParser } from '../../src/transport/nats/parser.ts';
import { CREDS, testPlace } from '../cli/settings/place.ts';
import { dice, pick } from '../helpers/dice.ts';
import { serveFor } from '../http/raw.ts';
import { noteResults } from './results.ts';
import { timeForOneOf } from './rounds.ts';

// Whatever reads what others wrote, fed with what nobody would write: broken by chance, the same for the same seed. What a parser
// refuses it refuses in words of ours; it throws nothing else, and takes no second. The configs' own fuzz is in test/validate.

const SOAK = process.env.HEDDLE_SOAK === '1';
const SEED = Number(process.env.HEDDLE_SEED ?? 1);
const SHARE = SOAK ? 1 : 0.02;
const SLOWEST_MS = 1_000;

interface Parser {
  readonly name: string;
  readonly inputs: number;
  /** Right ones, which are broken. */
  readonly from: readonly string[];
  /** Made once; may throw nothing but what is meant for people. */
  open(t: TestContext): Promise<(bytes: Buffer) => unknown> | ((bytes: Buffer) => unknown);
}

const TASK =
  '{"task_id":"t","worker_type":"echo","payload":{"n":1.50,"_x":[null]},"model_tier":"local","metadata":{},"_trace_context":{}}';
const GATEWAY = `kind: gateway
listen: 127.0.0.1:0
webhooks: {w: {verify: {scheme: github, secrets: [{env: S}]}, to: task, worker_type: echo, payload: {a: {ref: /body/a}}}}
mqtt: [{url: "mqtt://127.0.0.1", topics: ["sensors/{room}/temp"], to: task, worker_type: thermo, payload: {room: "{room}", t: {ref: /body/t}, all: {ref: /body}}}]
`;
const CONTEXT = '{"url":"nats://127.0.0.1:4222","user":"a","password":"b","creds":"~/x.creds","inbox_prefix":"_I"}';

const PARSERS: readonly Parser[] = [
  {
    name: 'messages of the bus',
    inputs: 60_000,
    from: [
      TASK,
      '{"task_id":"t","worker_type":"w","status":"completed","output":{}}',
      '{"reason":"x: y","original_task":{}}',
    ],
    open: () => (bytes) =>
      ['heddle.tasks.incoming', 'heddle.results.x', 'heddle.tasks.dead_letter', 'heddle.goals.incoming', undefined].map(
        (subject) => decodeMessage(subject, bytes),
      ),
  },
  {
    name: 'configs of a gateway',
    inputs: 2_000,
    from: [GATEWAY],
    open: () => (bytes) => readGatewayConfig(readDocument('gateway.yaml', bytes)),
  },
  {
    name: 'NATS contexts',
    inputs: 3_000,
    from: [CONTEXT],
    open: async (t) => {
      const place = testPlace(t);
      place.select('x');
      return async (bytes) => {
        place.context('x', bytes.toString('latin1'));
        await place.resolve();
      };
    },
  },
  {
    name: '.env files',
    inputs: 20_000,
    from: ['NATS_URL=nats://a:4222\nNATS_TOKEN="a\\nb"\nexport X=\'y\' # z\n'],
    open: () => async (bytes) => await parseDotenv(bytes.toString('utf8')),
  },
  {
    name: 'credentials files',
    inputs: 3_000,
    from: [CREDS],
    open: async (t) => {
      const place = testPlace(t);
      return async (bytes) => {
        place.write('x.creds', bytes);
        await place.resolve({ creds: 'x.creds' });
      };
    },
  },
  {
    name: 'the protocol, from a client',
    inputs: 60_000,
    from: [
      'CONNECT {"verbose":false}\r\nSUB a.b q 1\r\nPUB a.b r 5\r\nhello\r\nHPUB a.b 12 14\r\nNATS/1.0\r\n\r\nhi\r\nUNSUB 1 5\r\n',
    ],
    open: () => (bytes) => {
      const quiet = (): void => {};
      const reader = new Reader(
        {
          connect: quiet,
          ping: quiet,
          pong: quiet,
          subscribe: quiet,
          unsubscribe: quiet,
          announce: (_, size) => size < 10_000,
          publish: quiet,
          broken: quiet,
        },
        256,
      );
      for (const piece of inPieces(bytes)) reader.read(piece);
    },
  },
  {
    name: 'the protocol, from a server',
    inputs: 30_000,
    from: [
      'INFO {"server_id":"x"}\r\nMSG a 1 r 5\r\nhello\r\nHMSG a 1 12 14\r\nNATS/1.0\r\n\r\nhi\r\nPING\r\n-ERR \'x\'\r\n+OK\r\n',
    ],
    open: () => (bytes) => {
      const protocol = new ProtocolHandler({ servers: [] }, { publish: () => {} });
      protocol.processPing = () => {};
      protocol.processInfo = () => {};
      protocol.processError = () => {};
      let broken: Error | undefined;
      const parser = new MessageParser(protocol, (error) => (broken = error));
      for (const piece of inPieces(bytes)) if (broken === undefined) parser.parse(piece);
    },
  },
  {
    name: 'HTTP requests',
    inputs: 2_000,
    from: [
      `POST /v1/tasks/x HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${TASK.length}\r\n\r\n${TASK}`,
      'POST /v1/tasks/x HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ],
    open: async (t) => {
      const { errors, port } = await serveFor(t, [
        route({
          method: 'POST',
          path: '/v1/tasks/{id}',
          request: {},
          responses: {},
          run: async (context) => jsonReply(200, (await context.json()).value),
        }),
      ]);
      return async (bytes) => {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => {});
        socket.resume();
        socket.end(bytes);
        await once(socket, 'close');
        assert.deepEqual(errors, []);
      };
    },
  },
  {
    name: 'MQTT messages and their mapping',
    inputs: 20_000,
    from: ['sensors/attic/temp\n{"t":21.50,"a":{"b":[1,null]}}', 'sensors//temp\nraw', '$SYS/x\n\u0000'],
    open: () => {
      const read = readGatewayConfig(readDocument('gateway.yaml', Buffer.from(GATEWAY)));
      assert.ok(read.ok);
      const rules = read.value.mqtt[0]?.rules ?? [];
      return (bytes) => {
        const at = Math.max(0, bytes.indexOf(10));
        const topic = bytes.subarray(0, at).toString();
        const payload = bytes.subarray(at + 1);
        listenerSubject(topic);
        readMqttBody(payload, 'json');
        const ruled = ruleFor(rules, topic);
        if (ruled === undefined) return;
        translate({ topic, payload, qos: 1, retained: false, duplicate: false, packetId: 1, properties: {} }, ruled);
      };
    },
  },
  {
    name: 'lines of a sidecar',
    inputs: 60_000,
    from: [`${TASK}\n{"type":"ready"}\n\n[1]\nnonsense\r\n`],
    open: () => (bytes) => {
      const lines = jsonLines({ object: () => {}, bad: () => {} });
      const splitter = lineSplitter(64, (line) => lines.line(line));
      for (const piece of inPieces(bytes)) splitter.push(piece);
      splitter.end();
    },
  },
  {
    name: 'command lines of programs',
    inputs: 20_000,
    from: ['python3 -u "a b.py" --x=\'y z\' \\"q'],
    open: () => (bytes) => splitCommand(bytes.toString('utf8')),
  },
];

const counts: Record<string, number> = {};

for (const [at, parser] of PARSERS.entries()) {
  const inputs = Math.max(40, Math.floor(parser.inputs * SHARE));
  test(`${parser.name}: ${inputs} broken inputs (seed ${SEED})`, { timeout: 300_000 }, async (t) => {
    const throwDice = dice(SEED * 1_000 + at);
    const feed = await parser.open(t);
    const isOver = timeForOneOf(PARSERS.length - at);
    let round = 0;
    for (; round < inputs && !isOver(); round += 1) {
      const bytes = broken(Buffer.from(pick(throwDice, parser.from)), throwDice);
      const from = process.cpuUsage();
      try {
        await feed(bytes);
      } catch (error) {
        const shown = `input ${round} of the seed ${SEED}: ${JSON.stringify(bytes.toString('latin1'))}`;
        assert.ok(isHeddleError(error) || isProblem(error), `${shown}\n${(error as Error).stack ?? String(error)}`);
      }
      const { user, system } = process.cpuUsage(from);
      assert.ok((user + system) / 1_000 < SLOWEST_MS, `too slow: ${JSON.stringify(bytes.toString('latin1'))}`);
    }
    counts[parser.name] = round;
    if (SOAK && Object.keys(counts).length === PARSERS.length) noteResults({ fuzz: { seed: SEED, inputs: counts } });
  });
}

/** A refusal of the gateway's: a status and words. */
function isProblem(error: unknown): boolean {
  return error instanceof Error && 'status' in error && 'code' in error;
}

const PIECES = [
  '\0',
  '\r\n',
  '\n',
  '"',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  ' ',
  '\\u0000',
  '\\',
  '999999999999999999999',
  '-1',
  '1e999',
];
const MORE = ['__proto__', '\ufeff', '\ud83d', 'é', '%00', '/', '*', '>', '$', '&a *a', '~', 'null', 'x'.repeat(3_000)];

/** One to five changes: bytes put in, taken out, doubled, turned over. */
function broken(input: Buffer, throwDice: () => number): Buffer {
  let bytes = input;
  for (let left = 1 + Math.floor(throwDice() * 5); left > 0; left -= 1) {
    const at = Math.floor(throwDice() * (bytes.length + 1));
    const many = 1 + Math.floor(throwDice() * 8);
    const [head, rest] = [bytes.subarray(0, at), bytes.subarray(at)];
    const kind = throwDice();
    if (kind < 0.4) bytes = Buffer.concat([head, Buffer.from(pick(throwDice, [...PIECES, ...MORE])), rest]);
    else if (kind < 0.6) bytes = Buffer.concat([head, rest.subarray(many)]);
    else if (kind < 0.75) bytes = Buffer.concat([head, Buffer.from([Math.floor(throwDice() * 256)]), rest.subarray(1)]);
    else if (kind < 0.9) bytes = Buffer.concat([head, rest.subarray(0, many * 4), rest]);
    else bytes = head;
  }
  return bytes;
}

/** As a socket would give it: in three. */
function inPieces(bytes: Buffer): Buffer[] {
  const [one, two] = [Math.floor(bytes.length / 3), Math.floor((bytes.length * 2) / 3)];
  return [bytes.subarray(0, one), bytes.subarray(one, two), bytes.subarray(two)];
}
