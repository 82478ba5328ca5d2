/* Client: one connection to the control socket of a server, and questions to it, one at a time
 * (protocol: server/ctl_reply.h, server/ctl_request.h). Blocks; one thread. */
#pragma once

#include <jansson.h>
#include <stddef.h>

/* How a program ends, and how a question went. */
enum cli_client_status {
    CLI_CLIENT_OK = 0,
    CLI_CLIENT_REFUSED = 1, /* the server said no, and why */
    CLI_CLIENT_USAGE = 2,   /* the command line is wrong */
    CLI_CLIENT_LOST = 3,    /* no server there, or it went away */
};

struct cli_client;

/* Called with each part of a long answer. Shape: len octets of UTF-8, not terminated. */
typedef void cli_client_part(void *context, const char *text, size_t len);

/* Connect. Shape: path terminated; ended by cli_client_close. Units: none. Errors: -errno.
 * Source: none. */
int cli_client_open(const char *path, struct cli_client **out_client);

/* Take over a connected socket. Shape: as cli_client_open. Units: none. Errors: aborts without
 * memory. Source: none. */
struct cli_client *cli_client_adopt(int fd);

/* Close and free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void cli_client_close(struct cli_client *client);

/* Ask and wait for the answer; on_part may be NULL when no parts are due.
 * Shape:  *out_result is the caller's (json_decref) when CLI_CLIENT_OK is returned.
 * Units:  none.
 * Errors: any other status, told on stderr.
 * Source: none. */
enum cli_client_status cli_client_ask(struct cli_client *client, const char *command,
                                      const char *const *args, size_t arg_count,
                                      cli_client_part *on_part, void *context, json_t **out_result);
