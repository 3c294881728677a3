import { HeddleError } from '../../errors.ts';
import { didYouMean } from '../../suggest.ts';
import type { Parse } from './flag.ts';

/** One of a few words, with the nearest one in the refusal; where the help names the words in its own text. */
export function word<const T extends string>(choices: readonly T[]): Parse<T> {
  return (text, flag) => {
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    const written = JSON.stringify(text);
    const message =
      choices.length === 2
        ? `${flag} is ${choices.join(' or ')}, not ${written}`
        : `${flag}: ${written} is not one of ${choices.join(', ')}`;
    throw new HeddleError('usage', message, { hint: didYouMean(text, choices) });
  };
}
