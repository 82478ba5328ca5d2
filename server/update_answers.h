/* The answers of a group of updates, on their way out together: datagrams leave many at a time, so that
 * a group of updates costs one call of the system and wakes its senders once, not once an update.
 *
 * Belongs to the writer. What waits is sent by update_answers_flush, or when there is no more room. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "server/stat.h"
#include "server/update_return.h"

#define UPDATE_ANSWERS_MAX 1232 /* octets of one answer */

struct update_answers;

/* Make room. Shape: borrows stat, which counts what can not be sent. Units: none. Errors: aborts without
 * memory. Source: none. */
struct update_answers *update_answers_create(struct stat_set *stat);

/* Free; NULL is accepted, what waits is not sent. Shape: none. Units: none. Errors: none. Source:
 * none. */
void update_answers_destroy(struct update_answers *answers);

/* Take a message for a way back; both are copied. What is no datagram leaves at once.
 * Shape: up to UPDATE_ANSWERS_MAX octets. Units: octets. Errors: none: a datagram that can not be sent
 * is lost like any, and its client asks again. Source: none. */
void update_answers_add(struct update_answers *answers, const struct update_return *back,
                        const uint8_t *message, size_t len);

/* Send what waits. Shape: none. Units: none. Errors: as update_answers_add. Source: none. */
void update_answers_flush(struct update_answers *answers);
