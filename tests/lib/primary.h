/* A primary for tests: a thread that answers on a port of the loopback, by datagram and by stream, as
 * a function of the test says.
 *
 * The function runs in that thread, one request at a time. The rest belongs to the test's thread. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/conf_value.h"

enum { PRIMARY_MAX = 1 << 17 }; /* octets of an answer */

struct primary {
    /* Write the answer to a request and return its octets, 0 for none. By stream they go out as they
     * are, with the lengths before messages, and then the connection ends. */
    size_t (*answer)(void *context, bool is_stream, const uint8_t *request, size_t len,
                     uint8_t *out);
    void *context;
    struct server_conf_address address;
    pthread_t thread;
    int udp, tcp, stop;
};

/* Start. Shape: answer and context are set. Units: none. Errors: fails the test. Source: none. */
void primary_start(struct primary *primary);

/* End. Shape: none. Units: none. Errors: none. Source: none. */
void primary_stop(struct primary *primary);

/* Answer with a transfer message of a text (tests/lib/transfers.h) under the request's ID, and with
 * its length when it goes by stream. Shape: out of PRIMARY_MAX octets. Units: octets. Errors: fails
 * the test. Source: none. */
size_t primary_write(const uint8_t *request, bool is_stream, const char *zone, uint16_t type,
                     const char *text, uint8_t *out);
