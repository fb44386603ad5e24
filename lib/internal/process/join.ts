/** The first that a child does: it joins the memory of its tree. Whoever imports this does so before anything else of the library. */
import { native } from '../native';

/** By which a child finds the memory of the tree; `kTreeDescriptor` in `native/binding/process_cells.cc`. */
const DESCRIPTOR = 3;

if (!native.joinTree(DESCRIPTOR, Number(process.argv[2]))) {
  process.stderr.write('nogil: this program is started by multiprocessing.Process, not by hand\n');
  process.exit(1);
}
