/* Root: a server that was started as root becomes another user for good, once its sockets are open.
 *
 * Before any thread; what that user has to write to is made for it. */
#pragma once

#include "server/conf.h"

/* Make the folders of store and control socket and become server.user, or nobody when root; what went
 * wrong is logged.
 * Shape: conf_path terminated, of the configuration: a warning when the user can not read it. Units:
 * none. Errors: ERR_MISSING (no such user), -errno. Source: threats row 35. */
int root_drop(const struct server_conf *conf, const char *conf_path);
