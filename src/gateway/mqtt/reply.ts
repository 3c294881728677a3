import type { MqttRule } from '../../config/views/gateway-config/mqtt-config.ts';
import { loopProblem } from '../../config/views/gateway-config/mqtt-rule.ts';
import { topicProblem } from '../../config/views/gateway-config/topic-filter.ts';
import { rawValue } from '../../contract/members.ts';
import { gatewayProblem } from '../problems.ts';
import type { AnswerTo, RequestRecord } from '../requests/record.ts';
import type { SourceDocument } from '../webhook/render.ts';
import type { MqttConnection } from './connection.ts';
import type { MqttMessage } from './message.ts';
import type { InputNumbers } from './numbers.ts';
import { textOf } from './translate.ts';
import type { Trouble } from './trouble.ts';

/** What a record has room for. */
const LARGEST = 2_048;

/** A message of version 5 says itself where, any other one by its rule; undefined: nobody asked. Throws `unmapped_delivery`. */
export function answerWanted(message: MqttMessage, rule: MqttRule, source: SourceDocument): AnswerTo | undefined {
  const { responseTopic, correlationData } = message.properties;
  if (rule.respond && responseTopic !== undefined) {
    const correlation =
      correlationData === undefined ? {} : { correlation: Buffer.from(correlationData).toString('base64') };
    return usable({ topic: responseTopic, qos: message.qos, retain: false, send: 'result', ...correlation });
  }
  if (rule.reply === undefined) return undefined;
  const { topic, qos, retain, send } = rule.reply;
  return usable({ topic: textOf(topic, source), qos, retain, send });
}

function usable(answer: AnswerTo): AnswerTo {
  const tooLong =
    Buffer.byteLength(JSON.stringify(answer)) > LARGEST
      ? 'is too long to be kept, with its correlation data'
      : undefined;
  const what = topicProblem(answer.topic) ?? tooLong;
  if (what === undefined) return answer;
  throw gatewayProblem('unmapped_delivery', {
    detail: `the topic for the answer ${what}`,
    errors: [{ pointer: '/reply', problem: what }],
  });
}

interface Answer {
  readonly record: RequestRecord;
  /** As it came; undefined: the router refused the work, or the result was not kept. */
  readonly text: string | undefined;
  readonly rules: readonly MqttRule[];
  readonly connection: MqttConnection;
  readonly numbers: InputNumbers;
  readonly log: Trouble;
}

export async function publishAnswer({ record, text, rules, connection, numbers, log }: Answer): Promise<void> {
  const { reply } = record;
  if (reply === undefined) return;
  const { topic, qos, retain, send, correlation } = reply;
  // What somebody made up must not become work again.
  const loop = loopProblem(
    topic,
    rules.flatMap(({ filters }) => filters),
  );
  if (loop !== undefined) {
    numbers.reply('refused');
    return log(`no answer was sent to ${topic}`, `it ${loop}`);
  }
  const result = text ?? without(record);
  try {
    await connection.publish({
      topic,
      text: send === 'output' ? (rawValue(result, 'output') ?? 'null') : result,
      qos,
      retain,
      properties: {
        contentType: 'application/json',
        ...(correlation !== undefined && { correlationData: Buffer.from(correlation, 'base64') }),
        userProperties: { status: record.answer?.status ?? 'unknown', task_id: record.message_id },
      },
    });
    numbers.reply('sent');
  } catch (thrown) {
    numbers.reply('failed');
    log(`an answer to ${topic} was lost`, thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** In the form of a result, where there is none. */
function without({ message_id: taskId, id, worker_type: workerType, answer }: RequestRecord): string {
  const why =
    answer?.status === 'refused'
      ? `the router refused it: ${answer.reason ?? ''}`
      : 'the result was too large to be kept';
  return JSON.stringify({
    task_id: taskId,
    parent_task_id: id,
    worker_type: workerType ?? '',
    status: answer?.status === 'completed' ? 'completed' : 'failed',
    output: null,
    error: why,
    completed_at: answer?.at,
  });
}
