/* Input of a TCP connection that waits: half a message, or messages whose sender must first read.
 *
 * Grows with what came, not with what a length announces, and gives memory back. Its owner stops
 * reading in time: it never holds more than a message and one read. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed it is empty. */
struct tcp_input {
    uint8_t *data; /* from malloc; NULL for none */
    size_t len;
    size_t room;
};

/* Append. Shape: len octets, copied; may be none. Units: octets. Errors: false without memory.
 * Source: none. */
bool tcp_input_add(struct tcp_input *input, const uint8_t *data, size_t len);

/* Drop the first octets. Shape: len up to input->len. Units: octets. Errors: none. Source: none. */
void tcp_input_drop(struct tcp_input *input, size_t len);

/* Drop all and free. Shape: none. Units: none. Errors: none. Source: none. */
void tcp_input_finish(struct tcp_input *input);
