#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void check_failed(const char *file, int line, const char *condition)
{
    /* One write, no buffered stream: whatever broke may have been its memory. */
    (void)dprintf(STDERR_FILENO, "%s:%d: check failed: %s\n", file, line, condition);
    abort();
}
