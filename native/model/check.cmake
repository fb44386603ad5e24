# Runs spin on one model and compares what it says with what is expected: `passes`, or `errors` for a
# model with a mistake built in.
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

function(must_run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${WORK} RESULT_VARIABLE status
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGN} failed:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

must_run(${SPIN} -a ${DEFINES} ${MODEL})
must_run(${CC} -O1 -w -DCOLLAPSE -o pan pan.c)
must_run(${WORK}/pan -m1000000)
message("${output}")

if(output MATCHES "max search depth too small|out of memory")
  message(FATAL_ERROR "the search was not complete")
elseif(NOT output MATCHES "errors: ([0-9]+)")
  message(FATAL_ERROR "spin said nothing of errors")
elseif(EXPECTED STREQUAL "passes" AND NOT CMAKE_MATCH_1 EQUAL 0)
  message(FATAL_ERROR "the model has errors")
elseif(EXPECTED STREQUAL "errors" AND CMAKE_MATCH_1 EQUAL 0)
  message(FATAL_ERROR "the mistake was not found")
endif()
