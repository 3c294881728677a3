export type ColorLevel = 0 | 1 | 2 | 3;
export type ColorChoice = 'auto' | 'always' | 'never';
export const COLOR_CHOICES: readonly ColorChoice[] = ['auto', 'always', 'never'];

/** What an output stream can show. stdout and stderr are judged apart: one may be a pipe. */
export interface Terminal {
  /** 0 none, 1 sixteen colours, 2 two hundred and fifty-six, 3 all. */
  readonly color: ColorLevel;
  /** May symbols outside ASCII be printed? */
  readonly unicode: boolean;
  /** Columns; infinite when nothing limits them, so that piped output is never cut. */
  readonly width: number;
  /** A person is looking at it, and it can move its cursor. */
  readonly interactive: boolean;
  /** May a spinner turn here? `--quiet` and machine formats are for the caller to weigh. */
  readonly spinner: boolean;
}

/** The part of a Node stream that says what it is. */
export interface StreamLook {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface TerminalSurroundings {
  /** The process environment itself: colours are a matter of the terminal, so a .env file has no say. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  /** `--color`; absent is `auto`. */
  readonly color?: ColorChoice | undefined;
}

export function terminalFor(stream: StreamLook, { env, platform, color }: TerminalSurroundings): Terminal {
  const screen = stream.isTTY === true;
  const movable = screen && env.TERM !== 'dumb';
  const interactive = movable && !inContinuousIntegration(env);
  return {
    color: colorLevel(movable, env, platform, color ?? 'auto'),
    unicode: showsUnicode(env, platform),
    width: columnsOf(screen ? stream.columns : undefined, env) ?? (screen ? 80 : Number.POSITIVE_INFINITY),
    interactive,
    spinner: interactive,
  };
}

function colorLevel(
  movable: boolean,
  env: TerminalSurroundings['env'],
  platform: string,
  choice: ColorChoice,
): ColorLevel {
  if (choice === 'never') return 0;
  const able = ability(env, platform);
  if (choice === 'always') return able;
  if (env.NO_COLOR) return 0;
  const forced = env.FORCE_COLOR;
  if (forced) return forcedLevel(forced, able);
  return movable ? able : 0;
}

function forcedLevel(value: string, able: ColorLevel): ColorLevel {
  if (value === '0' || value.toLowerCase() === 'false') return 0;
  if (value === '1') return 1;
  if (value === '2') return 2;
  return value === '3' ? 3 : able;
}

/** Of a terminal that has colours at all: how many. Never 0, because whoever asks wants colours. */
function ability(env: TerminalSurroundings['env'], platform: string): ColorLevel {
  const term = env.TERM ?? '';
  if (/^(truecolor|24bit)$/i.test(env.COLORTERM ?? '') || /-(direct|truecolor)$/.test(term)) return 3;
  // Every Windows console that Node 20 runs on knows 24-bit colour.
  if (platform === 'win32') return 3;
  return /-256(color)?$/i.test(term) ? 2 : 1;
}

function showsUnicode(env: TerminalSurroundings['env'], platform: string): boolean {
  if (platform === 'win32') {
    return Boolean(
      env.WT_SESSION ||
        env.ConEmuTask ||
        env.TERM_PROGRAM === 'vscode' ||
        env.TERMINAL_EMULATOR === 'JetBrains-JediTerm' ||
        /^(xterm-256color|alacritty)$/.test(env.TERM ?? ''),
    );
  }
  if (env.TERM === 'linux') return false; // the kernel's own console has a font of 512 glyphs
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  // Containers and services often set no locale at all, and are looked at through UTF-8 terminals.
  return locale ? /utf-?8/i.test(locale) : true;
}

/** Some pseudo-terminals report 0 columns; COLUMNS is what a person set by hand. */
function columnsOf(reported: number | undefined, env: TerminalSurroundings['env']): number | undefined {
  if (reported !== undefined && reported > 0) return reported;
  const set = /^\d{1,5}$/.test(env.COLUMNS ?? '') ? Number(env.COLUMNS) : 0;
  return set > 0 ? set : undefined;
}

/** The names that build services set; only the first is common to most of them. */
const BUILD_SERVICES = ['GITHUB_ACTIONS', 'GITLAB_CI', 'BUILDKITE', 'TF_BUILD', 'TEAMCITY_VERSION', 'JENKINS_URL'];

function inContinuousIntegration(env: TerminalSurroundings['env']): boolean {
  const ci = env.CI?.toLowerCase();
  if (ci) return ci !== 'false' && ci !== '0';
  return BUILD_SERVICES.some((name) => Boolean(env[name]));
}
