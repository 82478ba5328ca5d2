/* What a configuration says of the server as queries see it: the options of a world.
 *
 * The writer's thread, or before it starts. Texts are the struct's own. */
#pragma once

#include <stdint.h>

#include "server/conf.h"
#include "server/world.h"

/* Take over a configuration; `secret` of WORLD_SECRET_LEN octets is for cookies when it has none. How
 * long a connection may be idle stays as it was at first: the timer does, too.
 * Shape: a zeroed struct is accepted. Units: none. Errors: aborts without memory. Source: none. */
void world_options_take(struct world_options *options, const struct server_conf_server *conf,
                        const uint8_t *secret);

/* Free its texts. Shape: none. Units: none. Errors: none. Source: none. */
void world_options_forget(struct world_options *options);
