// A thread that ends at once: as a thread's target, and as a worker's module.
exports.nothing = function nothing() {};
