import { docOf, printType } from './print-type.ts';
import type { ClientOperation } from './read-operations.ts';

const JSON_REPLY = 'application/json';

/** `devices` → `Devices`, `apiKeys` → `ApiKeys`. */
export const classOf = (resource: string): string => `${resource.charAt(0).toUpperCase()}${resource.slice(1)}`;

/** What walks all pages of a list: `all` for `list`, else the verb with `All` behind it. */
const allOf = (verb: string): string => (verb === 'list' ? 'all' : `${verb}All`);

function queryType(operation: ClientOperation, without: readonly string[] = []): string {
  const fields = operation.query
    .filter(({ name }) => !without.includes(name))
    .map(({ name, required, description, schema }) => {
      const type = printType(schema, '      ');
      return `${docOf(description, '      ')}      ${name}${required ? ':' : '?:'} ${type}${required ? '' : ' | undefined'};\n`;
    });
  return `{\n${fields.join('')}    }`;
}

function argumentsOf(operation: ClientOperation, without: readonly string[] = []): string[] {
  const isQueryNeeded = operation.query.some(({ required }) => required);
  return [
    ...operation.params.map((name) => `${name}: string`),
    ...(operation.body === null ? [] : [`body: ${printType(operation.body, '    ')}`]),
    ...(operation.rawBody.length === 0 ? [] : ['body: RequestBody']),
    ...(operation.query.length === 0 ? [] : [`query: ${queryType(operation, without)}${isQueryNeeded ? '' : ' = {}'}`]),
    `options: ${operation.idempotent ? 'CreateOptions' : 'CallOptions'} = {}`,
  ];
}

function requestOf(operation: ClientOperation, more: readonly string[] = []): string {
  const path = operation.path.replace(/\{(\w+)\}/g, (_all, name: string) => `\${segment(${name})}`);
  const quote = operation.params.length > 0 ? '`' : "'";
  const parts = [
    `method: '${operation.method}'`,
    `path: ${quote}${path}${quote}`,
    ...(operation.query.length > 0 ? ['query'] : []),
    ...(operation.body !== null || operation.rawBody.length > 0 ? ['body'] : []),
    ...(operation.idempotent ? ['idempotent: true'] : []),
    ...more,
  ];
  return `{ ${parts.join(', ')} }`;
}

function method(operation: ClientOperation, parts: { name: string; doc: string; head: string; call: string }): string {
  const { name, doc, head, call } = parts;
  return `${docOf(doc, '  ')}  ${name}(${argumentsOf(operation).join(', ')}): ${head} {\n    return ${call};\n  }\n`;
}

function docText({ summary, description, method: verb, path }: ClientOperation): string {
  return [`${summary}.`, description, `\`${verb} ${path}\``].filter((part) => part !== '.' && part !== '').join('\n\n');
}

function jsonMethod(operation: ClientOperation): string {
  const type = operation.output === null ? 'void' : printType(operation.output, '  ');
  return method(operation, {
    name: operation.verb,
    doc: docText(operation),
    head: `Promise<${type}>`,
    call: `this.#http.call<${type}>(${requestOf(operation)}, options)`,
  });
}

function pagesMethod(operation: ClientOperation): string {
  const type = printType(operation.output, '  ');
  const args = argumentsOf(operation, ['cursor']).join(', ');
  const passed = [...operation.params, '{ ...query, ...page }', 'options'].join(', ');
  const doc = `${operation.summary}: every row, page by page, read as you go.`;
  return `${docOf(doc, '  ')}  ${allOf(operation.verb)}(${args}): AsyncGenerator<${type}['data'][number]> {
    return everyRow((page) => this.${operation.verb}(${passed}));
  }\n`;
}

function streamMethod(operation: ClientOperation): string {
  const type = printType(operation.events, '  ');
  return method(operation, {
    name: operation.verb,
    doc: docText(operation),
    head: `AsyncGenerator<StreamEvent<${type}>>`,
    call: `this.#http.stream<${type}>(${requestOf(operation)}, options)`,
  });
}

function rawMethod(operation: ClientOperation): string {
  const hasJson = operation.output !== null;
  const accept = operation.rawOutput.map((type) => JSON.stringify(type)).join(' | ');
  const name = hasJson ? `${operation.verb}As` : operation.verb;
  const doc = hasJson
    ? `${docText(operation)}\n\nThe reply as it comes, in another form than JSON.`
    : docText(operation);
  const [first = JSON_REPLY] = operation.rawOutput;
  const args = [...operation.params.map((one) => `${one}: string`)];
  if (hasJson) args.push(`accept: ${accept}`);
  if (operation.query.length > 0) args.push(`query: ${queryType(operation)} = {}`);
  args.push('options: CallOptions = {}');
  const request = requestOf(operation, [
    hasJson ? 'accept' : `accept: '${operation.rawOutput.length > 1 ? '*/*' : first}'`,
  ]);
  return `${docOf(doc, '  ')}  ${name}(${args.join(', ')}): Promise<Response> {\n    return this.#http.raw(${request}, options);\n  }\n`;
}

/** The methods of one operation: one, and one more where it is a list or speaks another form too. */
export function printMethods(operation: ClientOperation): string[] {
  if (operation.events !== null) return [streamMethod(operation)];
  const isJson = operation.output !== null || operation.rawOutput.length === 0;
  return [
    ...(isJson ? [jsonMethod(operation)] : []),
    ...(operation.rawOutput.length > 0 ? [rawMethod(operation)] : []),
    ...(operation.isPage ? [pagesMethod(operation)] : []),
  ];
}
