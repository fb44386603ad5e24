// What sanitizers say of our own code, out of what they say of a process that is Node's for the most part.

const OURS = 'nogil.node+';
/** The sanitizer's own frames, which stand in for what the program called: memcpy, free. */
const isTheirs = (frame) => /\(lib[a-z]*san\.so/.test(frame);

/** The stacks of a report, innermost frame first, without the sanitizer's own frames. */
function stacksOf(report) {
  return report
    .split(/\n\s*\n/)
    .map((block) => block.split('\n').filter((line) => /^\s+#\d+ /.test(line) && !isTheirs(line)))
    .filter((stack) => stack.length > 0);
}

/**
 * ThreadSanitizer's reports of two accesses that are both by the addon. What Node and V8 do by themselves is not
 * instrumented, so that their own order between threads is not seen: one of theirs in a report says nothing. Nor is
 * the order that another process makes between two threads of this one, in memory that both processes have.
 */
export function raceReports(log) {
  return log.split(/^=+$/m).filter((report) => {
    if (!/WARNING: ThreadSanitizer: (data race|heap-use-after-free)/.test(report)) return false;
    if (/Location is .*\(memfd:nogil/.test(report)) return false;
    const [first, second] = stacksOf(report);
    return first?.[0].includes(OURS) && second?.[0].includes(OURS);
  });
}

/** AddressSanitizer's and UndefinedBehaviorSanitizer's reports: those are none of Node's. */
export function addressReports(log) {
  return /ERROR: AddressSanitizer|runtime error: /.test(log) ? [log] : [];
}
