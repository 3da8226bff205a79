import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import {
  type LambdaClient,
  ListAliasesCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import * as z from 'zod';
import type { Bundle } from './bundles.ts';

const LATEST = '$LATEST';

/** Gives functions other code than they were deployed with, and knows which they have. */
export class PlacedCode {
  readonly #lambda: LambdaClient;
  readonly #file: string;
  /** The hash of what functions were deployed with, by bundle. */
  readonly #deployed = new Map<string, string>();
  /** The hash of what they were given after that; CloudFormation leaves it where its own has not changed. */
  readonly #placed: Map<string, string>;

  /** The file keeps what was put in place for the next run. */
  constructor(lambda: LambdaClient, file: string) {
    this.#lambda = lambda;
    this.#file = file;
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '{}';
    this.#placed = new Map(Object.entries(z.record(z.string(), z.string()).parse(JSON.parse(text))));
  }

  noteDeployed({ name }: Bundle, archive: Uint8Array): void {
    this.#deployed.set(name, hashOf(archive));
  }

  /** Has everything be put in place again: a deploy that is taken back may leave any code. */
  forget(): void {
    this.#deployed.clear();
    this.#placed.clear();
  }

  isPlaced({ name }: Bundle, archive: Uint8Array): boolean {
    return (this.#placed.get(name) ?? this.#deployed.get(name)) === hashOf(archive);
  }

  /**
   * Gives the functions of a bundle their code, and has their aliases name that from now on, and no version: one for each save would
   * stay. What runs goes on with the code that it began with.
   */
  async put({ name, functionNames }: Bundle, archive: Uint8Array): Promise<void> {
    await Promise.all(functionNames.map((functionName) => this.#update(functionName, archive)));
    this.#placed.set(name, hashOf(archive));
    writeFileSync(this.#file, JSON.stringify(Object.fromEntries(this.#placed)));
  }

  async #update(FunctionName: string, ZipFile: Uint8Array): Promise<void> {
    await this.#lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
    const { Aliases = [] } = await this.#lambda.send(new ListAliasesCommand({ FunctionName }));
    const others = Aliases.filter(({ FunctionVersion }) => FunctionVersion !== LATEST);
    const renamed = others.map(({ Name }) => new UpdateAliasCommand({ FunctionName, Name, FunctionVersion: LATEST }));
    await Promise.all(renamed.map((command) => this.#lambda.send(command)));
  }
}

const hashOf = (archive: Uint8Array): string => createHash('sha256').update(archive).digest('hex');
