/* CHECK: a condition that only a bug of ours can break. Stays on in release builds; never for
 * input. No owner, any thread. */
#pragma once

/* End the process with the place and the broken condition on stderr.
 * Shape: terminated texts. Units: none. Errors: does not return. Source: none. */
_Noreturn void check_failed(const char *file, int line, const char *condition);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            check_failed(__FILE__, __LINE__, #condition);                                          \
        }                                                                                          \
    } while (0)
