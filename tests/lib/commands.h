/* Control commands under test: a keeper with one zone in a scratch folder, its writer, and a loop to
 * which replies come home. A test makes one, asks, looks at the JSON, and ends it. One thread, which
 * becomes an RCU reader. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/loop_post.h"
#include "server/conf.h"
#include "server/ctl_cmd.h"

struct commands {
    char *folder; /* scratch; `zone.txt` in it is the zone's file */
    struct ctl_cmd_context context;
    struct clock_fake clock;
    uint64_t leases; /* what the server says it has */
    struct world_handle world;
    struct zone_store *store;
    struct server_conf *conf;
    struct loop *loop;
    struct loop_post post;
    struct ctl_reply *delivered;
    char *parts; /* text of the last answer's parts, terminated; NULL for none */
};

/* Make it, with the zone compute.gba of this text (SOA and NS are put before it).
 * Shape: text as a zone file. Units: none. Errors: fails the test. Source: none. */
struct commands *commands_make(const char *zone_text);

/* End and free. Shape: none. Units: none. Errors: fails the test. Source: none. */
void commands_end(struct commands *commands);

/* Ask, and wait for the answer: the whole last line, {"ok":...}.
 * Shape: args end with NULL; the result is the caller's (json_decref). Units: none.
 * Errors: fails the test. Source: none. */
json_t *commands_ask(struct commands *commands, const char *command, const char *const *args);

/* As commands_ask, but only the text of the error, terminated, for mem_free; the answer must be one.
 * Shape: args end with NULL. Units: none. Errors: fails the test. Source: none. */
char *commands_fail(struct commands *commands, const char *command, const char *const *args);
