// Only the headers that CMake compiles ahead for the seeded bugs (seeded_bugs.cmake).
