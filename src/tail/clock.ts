/** The two times a tail needs. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds of a clock that nobody sets: for durations. */
  elapsed(): number;
}
