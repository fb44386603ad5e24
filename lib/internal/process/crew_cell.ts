import { CellClass } from '../cell';
import { Attached, Primitive, registerClass } from '../handles';
import { type CellId, native, SHARED_CLASS } from '../native';

/** The shared side of a crew: its queue, and a place for each worker. `native/binding/crew.h` has the layout. */
export class CrewCell extends Primitive {
  constructor(attached: Attached) {
    super(CellClass.Crew, 'Crew', attached);
  }

  static make(places: number): CrewCell {
    return new CrewCell(new Attached(native.crewCreate(places)));
  }

  get _class(): number {
    return CellClass.Crew;
  }

  override get _shared(): boolean {
    return true;
  }

  get cell(): CellId {
    return this._cell;
  }
}

registerClass(CellClass.Crew + SHARED_CLASS, 'Crew', CrewCell);
