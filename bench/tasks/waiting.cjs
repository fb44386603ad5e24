// A thread that waits for ever, after it has said that it is about to.
exports.waiting = function waiting(primitive, ready) {
  ready.release();
  if ('wait' in primitive) primitive.wait();
  else if ('get' in primitive) primitive.get();
  else primitive.acquire();
};
