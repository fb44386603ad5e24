import { AUX, CellClass, EXIT_CODE, PID, ProcessFlag, STATE } from '../cell';
import { Primitive } from '../handles';
import type { CellId } from '../native';

/** The shared side of a process: who started it waits for its end here. */
export class ProcessCell extends Primitive {
  constructor() {
    super(CellClass.Process, 'Process', undefined);
  }

  get _class(): number {
    return CellClass.Process;
  }

  override get _shared(): boolean {
    return true;
  }

  get cell(): CellId {
    return this._promote();
  }

  get started(): boolean {
    return (Atomics.load(this._w, this._i + AUX) & ProcessFlag.started) !== 0;
  }

  get ended(): boolean {
    return Atomics.load(this._w, this._i + STATE) === 1;
  }

  get pid(): number | undefined {
    return this._w[this._i + PID] || undefined;
  }

  get exitCode(): number | undefined {
    return this.ended ? this._w[this._i + EXIT_CODE] : undefined;
  }
}
