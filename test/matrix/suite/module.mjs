// A module whose function is a target.
export function setInModule(event) {
  event.set();
}
