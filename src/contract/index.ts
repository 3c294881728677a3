/**
 * What passes on the wire, in one place for programs that use the package. Rooms inside import the single files, so that a
 * command loads only what it needs.
 */
export * from './build.ts';
export * from './dead-letter.ts';
export * from './decode-json.ts';
export * from './edit-members.ts';
export * from './encode.ts';
export { type Frame, isFrame } from './frame.ts';
export * from './heddle-verdict.ts';
export * from './ids.ts';
export { describeIssues, type Issue, isJsonObject, type JsonObject } from './json.ts';
export * from './lane.ts';
export * from './members.ts';
export * from './messages.ts';
export * from './parse.ts';
export * from './python-hazard.ts';
export { pythonListRepr, pythonRepr, pythonTypeName } from './python-words.ts';
export * from './raw-integers.ts';
export * from './read-message.ts';
export * from './roles.ts';
export * from './schema-verdict.ts';
export * from './shallow-check.ts';
export * from './subject-grammar.ts';
export * from './subject-meaning.ts';
export * from './subjects.ts';
export * from './trace-context.ts';
export * from './wire-time.ts';
