/** Options of Node that say what program to run, not how: a process or worker of ours has its own. */
const PROGRAM_OPTIONS = /^(?:-[epci]|-pe|--(?:eval|print|check|input-type|test|watch|run|interactive|build-sea)(?:[-=].*)?)$/;
const WITH_VALUE = /^(?:-[ep]|-pe|--(?:eval|print|input-type|watch-path|build-sea|run))$/;
/** A child would want the port that this process has. */
const INSPECTOR = /^--(?:inspect|debug)(?:[-=].*)?$/;

/** The options that this process was started with, for a child that runs a program of its own. */
export function childArguments(): string[] {
  const out: string[] = [];
  for (let i = 0; i < process.execArgv.length; i++) {
    const option = process.execArgv[i];
    if (INSPECTOR.test(option)) continue;
    if (!PROGRAM_OPTIONS.test(option)) out.push(option);
    else if (WITH_VALUE.test(option)) i++;
  }
  return out;
}
