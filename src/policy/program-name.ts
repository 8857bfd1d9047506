/** What a program is called by rules. */

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** `python3.11` is a python3. */
export const withoutVersion = (name: string): string => name.replace(/(?<=\d)\.\d[\d.]*$/, '');
