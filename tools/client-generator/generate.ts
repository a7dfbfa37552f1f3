import { asJson, asText, type Json } from './json.ts';
import { classOf, printMethods } from './print-methods.ts';
import { COMPONENT, docOf, printType } from './print-type.ts';
import { type ClientOperation, readOperations } from './read-operations.ts';

const HEAD = '// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.\n';

/** What the client is made from. */
export interface Source {
  /** The OpenAPI description. */
  document: Json;
  errorCodes: readonly string[];
  /** Event types with a sentence each. */
  eventTypes: Readonly<Record<string, string>>;
}

function printTypes(document: Json): string {
  const all = Object.entries(asJson(asJson(document['components'])['schemas']));
  // The client has a class for these.
  const schemas = all.filter(([name]) => name !== 'Error' && name !== 'ErrorDetail');
  const declarations = schemas.map(([name, schema]) => {
    const doc = docOf(asText(asJson(schema)['description']), '');
    return `${doc}export type ${name} = ${printType(schema).replaceAll(COMPONENT, '')};\n`;
  });
  return `${HEAD}\n${declarations.join('\n')}`;
}

function printResource(resource: string, operations: readonly ClientOperation[]): string {
  const methods = operations.flatMap(printMethods);
  return `export class ${classOf(resource)} {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

${methods.join('\n')}}
`;
}

function imported(text: string): string {
  const used = (name: string) => new RegExp(`\\b${name}\\b`).test(text);
  const types = ['CallOptions', 'CreateOptions', 'RequestBody', 'StreamEvent', 'Transport'].filter(used);
  const pages = used('everyRow') ? `import { everyRow } from '../pages.ts';\n` : '';
  const segment = text.includes('${segment(') ? 'segment, ' : '';
  return `${pages}import { ${segment}${types.map((name) => `type ${name}`).join(', ')} } from '../transport.ts';\n`;
}

function printResources(operations: readonly ClientOperation[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const resource of new Set(operations.map((one) => one.resource))) {
    const text = printResource(
      resource,
      operations.filter((one) => one.resource === resource),
    );
    const types = text.includes(COMPONENT) ? `import type * as types from './types.ts';\n` : '';
    files[`${resource}.ts`] = `${HEAD}\n${imported(text)}${types}\n${text.replaceAll(COMPONENT, 'types.')}`;
  }
  return files;
}

function printApi(operations: readonly ClientOperation[]): string {
  const resources = [...new Set(operations.map((one) => one.resource))];
  const imports = resources.map((one) => `import { ${classOf(one)} } from './${one}.ts';\n`);
  const ids = operations.map(({ id }) => `  '${id}',\n`);
  return `${HEAD}
import type { Transport } from '../transport.ts';
${imports.join('')}
/** Every operation this client can call. */
export const OPERATIONS = [
${ids.join('')}] as const;

/** The operations by their resource. */
export class Api {
${resources.map((one) => `  readonly ${one}: ${classOf(one)};\n`).join('')}
  constructor(http: Transport) {
${resources.map((one) => `    this.${one} = new ${classOf(one)}(http);\n`).join('')}  }
}
`;
}

function printNames({ errorCodes, eventTypes }: Source): string {
  const codes = errorCodes.map((one) => `  | '${one}'`).join('\n');
  const events = Object.entries(eventTypes).map(([type, when]) => `${docOf(when, '  ')}  '${type}': true;\n`);
  return `${HEAD}
/** Codes of errors. The server may know more than this version of the client. */
export type ErrorCode =
${codes};

/** Types of events, each with when it comes. */
export interface EventTypes {
${events.join('')}}

export type EventType = keyof EventTypes;
`;
}

/** The generated part of the client: text by file name. */
export function generateClient(source: Source): Record<string, string> {
  const operations = readOperations(source.document);
  return {
    'types.ts': printTypes(source.document),
    'names.ts': printNames(source),
    'api.ts': printApi(operations),
    ...printResources(operations),
  };
}
