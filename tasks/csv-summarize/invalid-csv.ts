/** Says what is wrong with a CSV, and in which line, unless that is where the parser is. */
export class InvalidCsv extends Error {
  override readonly name = 'InvalidCsv';
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}
