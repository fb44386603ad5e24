import type { AnyFunction } from './reference';
import type * as Inspector from 'node:inspector';

/** Where a function's text is. */
export interface Location {
  scriptId: string;
  line: number;
  column: number;
}

export interface Script {
  /** As the engine knows it: a URL, a path, or empty. */
  url: string;
  isModule: boolean;
}

/** One link of the chain of scopes that a function closes over, innermost first; the global one is left out. */
export interface ClosureScope {
  type: string;
  names: Set<string>;
  /** The values of variables; `undefined` also while one is not initialised. */
  values(names: readonly string[]): unknown[];
}

interface RemoteObject {
  type: string;
  value?: unknown;
  description?: string;
  objectId?: string;
}
interface RemoteProperty {
  name: string;
  value?: RemoteObject;
}

// Core modules and well-known symbols are the same in every context of a thread, which makes them the way to hand a value
// over to the main context, where the inspector evaluates: test runners run code in contexts of their own.
const SLOT = Symbol.for('nogil.inspect');
const slot = Buffer as unknown as Record<symbol, unknown>;
const SLOT_EXPRESSION = "Buffer[Symbol.for('nogil.inspect')]";

const scripts = new Map<string, Script>();

/** A view of one function through the engine's debugger interface, valid inside {@link inspect} only. */
export class Inspection {
  readonly location: Location | undefined;
  private readonly scopeList: string | undefined;
  private closureScopes: ClosureScope[] | undefined;
  private listening = false;

  /** @internal */
  constructor(
    private readonly session: Inspector.Session,
    fn: AnyFunction,
  ) {
    const { internalProperties = [] } = this.post<{ internalProperties?: RemoteProperty[] }>('Runtime.getProperties', {
      objectId: this.handleOf(fn),
      ownProperties: true,
    });
    for (const { name, value } of internalProperties) {
      if (name === '[[FunctionLocation]]') {
        const at = value!.value as { scriptId: string; lineNumber: number; columnNumber: number };
        this.location = { scriptId: at.scriptId, line: at.lineNumber, column: at.columnNumber };
      } else if (name === '[[Scopes]]') this.scopeList = value!.objectId;
    }
  }

  /** A session in its own thread answers before `post` returns. */
  private post<T>(method: string, parameters: object = {}): T {
    let answer: T | undefined;
    let failure: unknown;
    this.session.post(method, parameters, (error: unknown, result?: object) => {
      failure = error;
      answer = result as T;
    });
    if (answer === undefined || failure) throw new Error(`${method} failed`, { cause: failure });
    return answer;
  }

  private handleOf(value: object): string {
    slot[SLOT] = value;
    try {
      const { result } = this.post<{ result: RemoteObject }>('Runtime.evaluate', { expression: SLOT_EXPRESSION, silent: true });
      return result.objectId!;
    } finally {
      Reflect.deleteProperty(slot, SLOT);
    }
  }

  private properties(objectId: string): RemoteProperty[] {
    return this.post<{ result: RemoteProperty[] }>('Runtime.getProperties', { objectId, ownProperties: true }).result;
  }

  private fetch(remotes: (RemoteObject | undefined)[]): unknown[] {
    const values = remotes.map((remote) => remote?.value);
    const objects = remotes.flatMap((remote, at) => (remote?.objectId ? [[at, remote.objectId] as const] : []));
    if (objects.length === 0) return values;
    const box: unknown[] = [];
    this.post('Runtime.callFunctionOn', {
      objectId: this.handleOf(box),
      functionDeclaration: 'function (...values) { this.push(...values); }',
      arguments: objects.map(([, objectId]) => ({ objectId })),
      silent: true,
    });
    objects.forEach(([at], n) => (values[at] = box[n]));
    return values;
  }

  get scopes(): ClosureScope[] {
    if (this.closureScopes) return this.closureScopes;
    this.closureScopes = [];
    for (const { name, value } of this.scopeList ? this.properties(this.scopeList) : []) {
      if (!/^\d+$/.test(name) || !value?.objectId || value.description === 'Global') continue;
      const variables = new Map(this.properties(value.objectId).map((p) => [p.name, p.value]));
      this.closureScopes.push({
        type: value.description ?? '',
        names: new Set(variables.keys()),
        values: (wanted) => this.fetch(wanted.map((variable) => variables.get(variable))),
      });
    }
    return this.closureScopes;
  }

  /** The script that the function is in. Slow (tens of milliseconds) the first time and for scripts loaded since. */
  get script(): Script | undefined {
    if (!this.location) return undefined;
    if (!scripts.has(this.location.scriptId)) this.enableDebugger();
    return scripts.get(this.location.scriptId);
  }

  get scriptSource(): string | undefined {
    if (!this.location) return undefined;
    this.enableDebugger();
    return this.post<{ scriptSource: string }>('Debugger.getScriptSource', { scriptId: this.location.scriptId }).scriptSource;
  }

  /** Announces all scripts. The debugger goes off with the session, so that nothing runs slower for it afterwards. */
  private enableDebugger(): void {
    if (this.listening) return;
    this.listening = true;
    this.session.on('Debugger.scriptParsed', ({ params }) => {
      if (!params.url.startsWith('node:')) scripts.set(params.scriptId, { url: params.url, isModule: params.isModule === true });
    });
    this.post('Debugger.enable');
  }
}

let Session: typeof Inspector.Session | null | undefined;

/**
 * Looks at `fn` with the engine's inspector, in this thread and without stopping it.
 *
 * @returns what `look` returns, or `undefined` where there is no inspector (Node built or started without, Bun, Deno).
 */
export function inspect<T>(fn: AnyFunction, look: (inspection: Inspection) => T): T | undefined {
  if (Session === null) return undefined;
  let session: Inspector.Session | undefined;
  let inspection: Inspection;
  try {
    // Not at the top of the file: a runtime without the module must be able to load this one.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    Session ??= (require('node:inspector') as typeof Inspector).Session;
    session = new Session();
    session.connect();
    inspection = new Inspection(session, fn);
  } catch {
    Session = null;
    session?.disconnect();
    return undefined;
  }
  try {
    return look(inspection);
  } finally {
    session.disconnect();
  }
}
