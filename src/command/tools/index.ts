export type { Tool } from './compile.ts';
export type { ToolDescription } from './description.ts';
export { checkExample, type Example, examplesOf } from './example.ts';
export {
  type LibraryProblem,
  type LibrarySource,
  librarySchemaJson,
  readLibrary,
  type ToolLibrary,
} from './library.ts';
export { createToolReader, type ToolReader } from './reader.ts';
export { type OptionGroup, type ToolNames, toolNamesOf } from './tool-names.ts';
