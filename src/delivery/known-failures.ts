import type { Advice } from '../remedy.ts';

/** What an error text of a worker or pipeline stands for, where its words alone do not say it. */
export interface KnownFailure extends Advice {
  readonly means: string;
}

/** Measured with heddle-ai 0.9.2. undefined: the text says it all, or nothing is known of it. */
export function knownFailure(error: string): KnownFailure | undefined {
  return FAILURES.find(({ text }) => text.test(error))?.failure;
}

const SEE_LOG = "The worker's log has the exception and its place.";

const FAILURES: readonly { readonly text: RegExp; readonly failure: KnownFailure }[] = [
  {
    text: /^'output'$/,
    failure: {
      means:
        'that is the bare text of a Python exception, a KeyError: "output" was looked up and is not there, as when a processor returns a mapping without "output"',
      hint: SEE_LOG,
    },
  },
  {
    text: /^(['"]).*\1$/s,
    failure: {
      means:
        'that is the bare text of a Python exception, as a rule of a KeyError: something was looked up by that name and is not there',
      hint: SEE_LOG,
    },
  },
  {
    text: /maximum payload exceeded|\(max_payload\)/i,
    failure: {
      means: 'the result is larger than a message may be (max_payload of the server)',
      hint: 'Have the worker return less, or a reference to a file, or raise max_payload in the server (its default is 1MB).',
    },
  },
  {
    text: /object of type 'int' has no len\(\)/,
    failure: {
      means:
        "every goal that reaches a stage fails like this in a pipeline that was started with 'heddle pipeline' of heddle-ai 0.9.2: its log cannot show a number",
      remedy: { do: 'start-pipeline-from-python' },
    },
  },
];
