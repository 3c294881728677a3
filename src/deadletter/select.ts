import type { Cause, Kind } from '../letters/kind.ts';
import type { Letter } from '../letters/letter.ts';
import type { Standing } from './standing.ts';

/** Which letters are meant; everything that is given must hold, and lists are alternatives. */
export interface Selection {
  /** Fingerprints, whole or their first characters. */
  readonly groups?: readonly string[] | undefined;
  readonly kinds?: readonly Kind[] | undefined;
  readonly causes?: readonly Cause[] | undefined;
  readonly workers?: readonly string[] | undefined;
  /** Text that the reason holds, whatever its case. */
  readonly reasons?: readonly string[] | undefined;
  readonly ids?: readonly string[] | undefined;
  /** Those that were sent again or archived, too. */
  readonly hidden?: boolean | undefined;
  /** Whatever else is asked of a letter. What takes long over one gives way before it answers. */
  readonly where?: ((letter: Letter) => boolean | Promise<boolean>) | undefined;
}

export type Choose = (letter: Letter, standing: Standing) => boolean | Promise<boolean>;

export function chooser(selection: Selection): Choose {
  const { groups, kinds, causes, workers, where } = selection;
  const reasons = selection.reasons?.map((each) => each.toLowerCase());
  const ids = selection.ids === undefined ? undefined : new Set(selection.ids);
  return (letter, { state }) => {
    if (ids !== undefined && !ids.has(letter.id)) return false;
    if (selection.hidden !== true && isHidden(state)) return false;
    if (groups?.some((each) => letter.fingerprint.startsWith(each)) === false) return false;
    if (kinds?.includes(letter.kind) === false) return false;
    if (causes?.includes(letter.cause) === false) return false;
    if (workers?.includes(letter.worker ?? '') === false) return false;
    if (reasons !== undefined) {
      const reason = letter.reason.toLowerCase();
      if (!reasons.some((each) => reason.includes(each))) return false;
    }
    return where === undefined || where(letter);
  };
}

/** Sent, until its work fails again, and then as another letter; or put away by somebody. */
export function isHidden(state: Standing['state']): boolean {
  return state === 'sent' || state === 'archived';
}
