import { statusDocument } from '../../../preflight/status-document.ts';
import { adviceText } from '../../remedies.ts';
import { chosenHttp, chosenMap, isNarrow } from '../choice.ts';
import { type StatusWriter, standingOf } from '../view.ts';

/** Of chosen workers, those and their problems; all else as it is. */
export const json: StatusWriter = (view) => {
  const { map, kept, http, expected, choice } = view;
  const document = statusDocument(chosenMap(map, choice), expected, adviceText, kept, chosenHttp(http, choice));
  if (!isNarrow(choice)) return `${JSON.stringify(document)}\n`;
  const targets = new Set(standingOf(view).problems.map(({ id, target }) => `${id} ${target}`));
  const { problems } = document as { problems: readonly { problem: string; target: string }[] };
  const theirs = statusDocument(map, expected, adviceText, kept, http) as {
    problems: typeof problems;
    configured: unknown;
  };
  return `${JSON.stringify({
    ...document,
    configured: theirs.configured,
    problems: theirs.problems.filter(({ problem, target }) => targets.has(`${problem} ${target}`)),
  })}\n`;
};
