/** Prints a line of a child process and waits until the pipe took it: writing it at once fails when the pipe is full. */
export function say(stream: NodeJS.WriteStream, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
  });
}
