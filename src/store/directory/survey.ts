import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readText, replaceFile, unless } from './files.ts';
import { basesIn, type Segment, type Survey, segmentPath, surveySegment } from './segment.ts';

const FILE = 'segments.json';

/**
 * What is in each segment. Of those that are full it stands in a file beside them, so that opening a large log reads only
 * its end; where that file is behind, the segment itself is read.
 */
export async function surveyFolder(folder: string): Promise<Survey[]> {
  const noted = new Map((await readNotes(folder)).map((segment) => [segment.base, segment]));
  const surveys: Survey[] = [];
  const bases = await basesIn(folder);
  for (const base of bases) {
    const known = base === bases.at(-1) ? undefined : noted.get(base);
    const size = known && (await stat(segmentPath(folder, base)).catch(unless('ENOENT')))?.size;
    if (known !== undefined && size === known.bytes) {
      surveys.push({ segment: known, salt: undefined, torn: 0, damaged: 0 });
      continue;
    }
    // Evicted or merged by its writer while we looked.
    const survey = await surveySegment(folder, base).catch(unless('ENOENT'));
    if (survey !== undefined) surveys.push(survey);
  }
  return surveys;
}

export async function noteSegments(folder: string, sealed: readonly Segment[]): Promise<void> {
  await replaceFile(join(folder, FILE), async (file) => {
    await file.writeFile(`${JSON.stringify({ version: 1, sealed })}\n`);
  });
}

/** Only a help: what cannot be read or is of another version is as if it were not there. */
async function readNotes(folder: string): Promise<Segment[]> {
  try {
    const value: unknown = JSON.parse((await readText(join(folder, FILE))) ?? '{}');
    if (typeof value !== 'object' || value === null || !('version' in value) || value.version !== 1) return [];
    return 'sealed' in value && Array.isArray(value.sealed) ? value.sealed.filter(isSegment) : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

const NUMBERS = ['base', 'first', 'last', 'count', 'bytes', 'firstAt', 'lastAt'] as const;

function isSegment(value: unknown): value is Segment {
  if (typeof value !== 'object' || value === null) return false;
  const members: Readonly<Record<string, unknown>> = { ...value };
  return NUMBERS.every((name) => Number.isSafeInteger(members[name]));
}
