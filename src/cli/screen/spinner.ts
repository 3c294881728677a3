import type { Spinner } from '../session.ts';
import type { Sink } from '../sink.ts';

const NONE: Spinner = { text: () => {}, stop: () => {} };

/** The one file that names ora: 40 ms to load, so only for someone who is watching. */
export async function spinner(sink: Sink, text: string, wanted: boolean): Promise<Spinner> {
  if (!wanted || sink.terminal === undefined) return NONE;
  const { default: ora } = await import('ora');
  const spinning = ora({ text, stream: sink.terminal, discardStdin: false }).start();
  return {
    text: (next) => {
      spinning.text = next;
    },
    stop: () => void spinning.stop(),
  };
}
