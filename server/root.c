#include "server/root.h"

#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/proc.h"

/* Root is only for opening sockets: without server.user it becomes nobody. */
int root_drop(const struct server_conf *conf, const char *conf_path)
{
    const char *user = conf->server.user;
    if (!user && geteuid() == 0) {
        user = "nobody";
        log_warn("user_default", "user=%s text=%s", user,
                 "server.user names nobody else: never root after start");
    }
    int err = proc_make_folders(conf->store.path, true, user);
    if (err == ERR_MISSING) {
        log_error("user_failed", "user=%s error=%s", user, "no such user");
        return err;
    }
    if (err) {
        log_error("store_open_failed", "path=%s error=%s", conf->store.path, err_text(err));
        return err;
    }
    err = proc_make_folders(conf->control.socket, false, user);
    if (err) {
        log_error("control_open_failed", "socket=%s error=%s", conf->control.socket, err_text(err));
        return err;
    }
    err = proc_drop(user);
    if (err) {
        log_error("user_failed", "user=%s error=%s", user ? user : "", err_text(err));
    } else if (access(conf_path, R_OK)) {
        log_warn("config_unreadable", "file=%s text=%s", conf_path,
                 "the server's user can not read it: a reload will fail");
    }
    return err;
}
