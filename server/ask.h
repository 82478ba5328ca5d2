/* Ask: one question by datagram to another server, and its answer.
 *
 * Each has a socket of its own, so that a port and an ID must be guessed to answer in another's
 * place. It frees itself after its one callback, or after ask_stop. The loop's thread only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "server/conf_value.h"

enum { ASK_TRIES_MAX = 4 };

struct ask;

struct ask_options {
    const struct server_conf_address *to;
    const uint8_t *message; /* a whole one; its ID must come back */
    size_t len;
    uint32_t waits_ms[ASK_TRIES_MAX]; /* after each try; 0: no more tries */
    /* A message from there with the ID and QR set; borrowed until return. false: it is not the
     * answer after all, wait on. */
    bool (*on_answer)(void *context, const uint8_t *data, size_t len);
    /* No answer: -ETIMEDOUT, or why nothing could be sent. */
    void (*on_failed)(void *context, int err);
    void *context;
};

/* Ask. Shape: everything but context is copied. Units: ms. Errors: -errno, libuv's codes, when there
 * is no socket: no callback comes. Source: RFC 5452 sections 4 and 9. */
int ask_start(struct loop *loop, const struct ask_options *options, struct ask **out_ask);

/* Ask no more: no callback comes. NULL is accepted. Shape: none. Units: none. Errors: none. Source:
 * none. */
void ask_stop(struct ask *ask);
