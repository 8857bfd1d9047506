/** What a program is called by rules. */

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** HOSTILE: of a long name every dot would be tried as the first of a version. */
const maxNameChars = 64;

/** `python3.11` is a python3. */
export const withoutVersion = (name: string): string =>
  name.length > maxNameChars ? name : name.replace(/(?<=\d)\.\d[\d.]*$/, '');
