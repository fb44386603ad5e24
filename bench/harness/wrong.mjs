/** A competitor ran, but what came out is not what went in. Its speed says nothing then. */
export class WrongResult extends Error {
  name = 'WrongResult';
}

/** @throws WrongResult unless both are the same */
export function expectSame(what, got, wanted) {
  if (!Object.is(got, wanted)) throw new WrongResult(`wrong result: ${what} is ${got} and should be ${wanted}`);
}
