import { permissionsOf, ROLES } from '../../contract/roles.ts';
import { isPublishSubject } from '../../contract/subject-grammar.ts';
import { HeddleError } from '../../errors.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { list, type Parse, text } from '../flags/flag.ts';
import { flagGroup } from '../flags/group.ts';
import { word } from '../flags/word.ts';
import { FORMATS } from './formats/list.ts';

const subject: Parse<string> = (written, flag) => {
  // In a configuration file a quote ends the text, and a comma a list of nsc's.
  if (isPublishSubject(written) && !/["'\\,]/.test(written)) return written;
  throw new HeddleError('usage', `${flag}: ${JSON.stringify(written)} is no part of a subject`, {
    hint: 'It has no white space, quotes, commas, wildcards, or empty parts between dots.',
  });
};

const ASKED = flagGroup({
  flags: {
    role: list('--role <role>', `one of ${ROLES.join(', ')}; repeatable (default: all of them)`, word(ROLES)),
    workerType: list('--worker-type <type>', 'only the tasks of this worker; repeatable', subject),
    inboxPrefix: text('--inbox-prefix <prefix>', 'where answers come back, for clients that are told so', subject),
  },
});

/** What a NATS server must allow to each part of Heddle, to be put into its configuration. Asks no server. */
export const acl = command({
  formats: FORMATS,
  connects: false,
  exact: true,
  examples: [
    ['heddle-ts acl > heddle-users.conf', 'a user for each part, to be included in the configuration of nats-server'],
    ['heddle-ts acl --role worker --worker-type resize', 'what a worker needs that serves one type'],
    ['heddle-ts acl --role submitter -o nsc', 'the command that makes such a user in operator mode (JWT)'],
  ],
  groups: [ASKED],
  run: async (session, _args, { role: roles = ROLES, workerType: workerTypes, inboxPrefix }) => {
    const write = await FORMATS[session.format]();
    const asked = ROLES.filter((role) => roles.includes(role));
    session.io.stdout.write(write(asked.map((role) => permissionsOf(role, { workerTypes, inboxPrefix }))));
    return EXIT.ok;
  },
});
