/* A server for tests of the program suanyu: its answers are known before it is asked. Runs a verb
 * and keeps what it printed and asked. One thread. */
#pragma once

#include <stddef.h>

#include "tools/cli/verb.h"

struct answers_seen {
    enum cli_client_status status;
    char *out;     /* what the verb printed; terminated */
    char *err;     /* and on standard error */
    char *request; /* what it sent, all lines; terminated */
};

/* Run a verb against a server that says these lines and hangs up.
 * Shape: words end with NULL: the verb's, then its arguments. *out_seen is ended by answers_finish.
 * Units: none. Errors: fails the test. Source: none. */
void answers_run(const char *lines, const char *const *words, bool json,
                 struct answers_seen *out_seen);

/* Free the texts. Shape: none. Units: none. Errors: none. Source: none. */
void answers_finish(struct answers_seen *seen);
